"""Maps and pattern files: every match method of both, with keys that fit, almost fit and do not."""
from wire import COMMON, Group

# method -> (the file, keys to look up)
MAPS = {
    "str": ("# a comment\n\nkey value\n  indented   two words  \nalone\nkey second\nKEY upper\n#key no\ndup 1\ndup 2\nwith-tab\ttab\n",
            ("key", "KEY", "Key", "indented", "alone", "dup", "with-tab", "none", "ke", "keys")),
    "beg": ("/ root\n/a a\n/a/b ab\n/a/b/c abc\n/b b\n/A A\n", ("/", "/a", "/a/b/cd", "/a/bc", "/ab", "/b/a", "/A/x", "x")),
    "end": (".com com\nexample.com ec\nwww.example.com wec\n.png png\n", ("www.example.com", "x.example.com", "a.com", "b.png", "png", "com", ".com.")),
    "sub": ("ample ample\nexam exam\nx x\nlong-one long\n", ("example", "exam", "a-long-one-x", "sample", "none", "axb")),
    "dir": ("a a\nb/c bc\n/d/ d\n", ("/a/x", "/x/a", "/b/c/x", "/x/b/c", "/bb/c", "/d", "/x/d/y", "a", "/aa", "/a?x")),
    "dom": ("example.com ec\na a\nb.c bc\n.d. d\n", ("www.example.com", "example.com", "wwwexample.com", "a.x", "x.a", "b.c.x", "x.b.c:80", "x.d.y", "aa")),
    "reg": ("^/a([0-9]+) digits\n^/a any-a\n[.]png$ png\n^/b(.*)/(.)$ groups\n", ("/a12", "/ax", "/x.png", "/bxx/y", "/c", "/B")),
    "regm": ("^/a([0-9]+) <\\1>\n^/a(.) any-\\1-\\0\n^/b(.*)/(.)$ \\2-\\1-\\3-\\\\\n", ("/a12", "/ax", "/bxx/y", "/c")),
    "int": ("10 ten\n20:30 twenties\n0 zero\n15:15 fifteen\n25 exact\n", ("10", "25", "30", "31", "-5", "15", "16", "x", "10.5", "0")),
    "ip": ("10.0.0.0/8 ten\n10.1.0.0/16 ten-one\n192.168.1.1 host\n2001:db8::/32 six\n2001:db8:1::1 six-host\n0.0.0.0/0 all\n::ffff:7.0.0.0/104 mapped\n",
           ("10.2.3.4", "10.1.2.3", "192.168.1.1", "192.168.1.2", "2001:db8::5", "2001:db8:1::1", "::1", "7.1.1.1", "nonsense")),
}
# output type -> the file, keys
TYPED = {
    "str_int": ("a 1\nb -7\nc 99999999999\n", ("a", "b", "c", "d")),
    "str_ip": ("a 10.0.0.1\nb 2001:db8::1\n", ("a", "b", "d")),
    "beg_int": ("/a 3\n/a/b 4\n", ("/a/bc", "/a", "/")),
    "ip_int": ("10.0.0.0/8 8\n", ("10.1.1.1", "11.1.1.1")),
    "int_ip": ("5 10.0.0.5\n", ("5", "6")),
    "reg_int": ("^a+$ 12\n", ("aaa", "b")),
}
DEFAULTS = {"int": "-1", "_ip": "0.0.0.0"}
# name -> (flags and patterns behind the fetch, keys)
ACLS = {
    "file": ("-f TMP/words.acl", ("one", "ONE", "two words", "# hash", "three", "four", "tail ")),
    "nocase": ("-i -f TMP/words.acl", ("one", "ONE", "Two Words", "five")),
    "two-files": ("-f TMP/words.acl -f TMP/more.acl last", ("one", "more", "last", "LAST", "x")),
    "nocase-later": ("-f TMP/words.acl -i -f TMP/more.acl Last", ("ONE", "MORE", "last", "LAST")),
    "map": ("-M -f TMP/str.map", ("key", "alone", "value", "two")),
    "beg": ("-m beg -f TMP/words.acl", ("one", "onetwo", "on")),
    "end-i": ("-i -m end -f TMP/words.acl", ("xONE", "one", "x")),
    "sub": ("-m sub -f TMP/words.acl", ("bonex", "bon")),
    "dir": ("-m dir one/two three", ("/one/two/x", "/x/three", "/one", "/one/twox")),
    "dom-i": ("-m dom -i example.com", ("www.EXAMPLE.com", "aexample.com", "example.com:80")),
    "reg": ("-m reg -f TMP/regs.acl", ("a1", "b", "A1", "xyz")),
    "reg-i": ("-m reg -i ^[a-c]+$ ^x", ("ABC", "Xy", "d")),
    "len": ("-m len 3 5:6", ("abc", "abcd", "abcde", "abcdef", "abcdefg")),
    "len-file": ("-m len -f TMP/numbers.acl", ("abc", "ab", "abcdefghijk")),
    "bin": ("-m bin -f TMP/bin.acl 616263", ("abc", "ab", "xyz", "ABC")),
    "found": ("-m found", ("x",)),
    "int": ("-m int 10 ge 20 lt 5", ("10", "15", "20", "99", "4", "x", "5")),
    "int-range": ("-m int -f TMP/numbers.acl 100:", ("3", "11", "20", "99", "100", "1000", "-1")),
    "ip": ("-m ip -f TMP/ips.acl 192.168.0.0/16", ("10.1.2.3", "11.1.1.1", "192.168.7.7", "2001:db8::9", "2001:db9::", "x")),
    "bool": ("-m bool", ("1", "0", "true", "7")),
    "dashes": ("-m str -- -i -f", ("-i", "-f", "x")),
}
FILES = {method + ".map": text for method, (text, _) in {**MAPS, **TYPED}.items()} | {
    "words.acl": "# a list\none\n\n  two words\nthree   \n#five\ntail\t\n", "more.acl": "more\n", "regs.acl": "^a[0-9]$\n^b\n",
    "numbers.acl": "3\n10:12\n20\n", "bin.acl": "78797a\n", "ips.acl": "10.0.0.0/8\n2001:db8::/32\n"}

CONFIG = COMMON + "".join(
    f"""frontend map-{name}
  bind NET.1:{8100 + number}
  http-request return status 200 hdr x-found "=%[req.fhdr(x-k),map_{name}(TMP/{name}.map,{DEFAULTS.get(name[-3:], "-") if "_" in name else "-"})]" hdr x-bare "<%[req.fhdr(x-k),map_{name}(TMP/{name}.map)]>"
""" for number, name in enumerate({**MAPS, **TYPED})) + "".join(
    f"""frontend acl-{name}
  bind NET.1:{8200 + number}
  acl it req.fhdr(x-k) {flags}
  http-request return status 200 hdr x-is yes if it
  http-request return status 200 hdr x-is no
""" for number, (name, (flags, _)) in enumerate(ACLS.items())) + """
# one list by several names and flags: the same patterns
frontend shared
  bind NET.1:8300
  acl a req.fhdr(x-k) -u 77 one
  acl a req.fhdr(x-k) -f TMP/words.acl
  acl b req.fhdr(x-l) -f TMP/words.acl
  http-request add-acl(TMP/words.acl) %[req.fhdr(x-add)] if { req.fhdr(x-add) -m found }
  http-request del-acl(TMP/words.acl) %[req.fhdr(x-del)] if { req.fhdr(x-del) -m found }
  http-request set-map(TMP/str.map) %[req.fhdr(x-set)] %[req.fhdr(x-value)] if { req.fhdr(x-set) -m found }
  http-request del-map(TMP/str.map) %[req.fhdr(x-unset)] if { req.fhdr(x-unset) -m found }
  http-request set-header x-a 1 if a
  http-request set-header x-b 1 if b
  http-request return status 200 hdr x-is "a=%[req.hdr(x-a)] b=%[req.hdr(x-b)]" hdr x-map "%[req.fhdr(x-m),map(TMP/str.map,-)]"
"""
group = Group(CONFIG, files=FILES)
add = group.add


def get(*fields):
    return ("\r\n".join(["GET / HTTP/1.1", "Host: a.example", *fields]) + "\r\n\r\n").encode("latin-1")


for number, (name, (_, keys)) in enumerate({**MAPS, **TYPED}.items()):
    for key in keys:
        add(f"map-{name}-{key}", get("X-K: " + key), to=8100 + number, log=False)
for number, (name, (_, keys)) in enumerate(ACLS.items()):
    for key in keys:
        add(f"acl-{name}-{key}", get("X-K: " + key), to=8200 + number, log=False)
    add(f"acl-{name}-without", get(), to=8200 + number, log=False)
for number, fields in enumerate((("X-K: one", "X-L: one", "X-M: key"), ("X-Add: new",), ("X-K: new", "X-L: new"), ("X-Del: new", "X-K: new"),
                                 ("X-K: new", "X-L: new"), ("X-Set: key", "X-Value: changed", "X-M: key"), ("X-M: key",),
                                 ("X-Set: fresh", "X-Value: a b", "X-M: fresh"), ("X-Unset: fresh", "X-M: fresh"), ("X-Unset: dup", "X-M: dup"))):
    add(f"shared-{number}", get(*fields), to=8300, log=False)
