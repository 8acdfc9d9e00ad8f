"""Every other file of the tutorials: it runs, or its error names exactly the keywords still missing."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tutorial import HERE, Tutorial, main, run, text_of, under_test, version_of  # noqa: E402

# file: the keywords of later issues it uses (regular expressions for the words of its refused lines),
# where a request goes (port), and the servers it may reach
FILES = {
    "03-http-front.cfg": (r"^$", 10080, {129: 10080, 131: 10080}),
    "04-bind-forms.cfg": (r"ssl|crt", 10080, {10: 8080}),
    "04-production.cfg": (r"cookie|ssl|crt|http-check|redirect|balance|source|nbproc|ssl_fc", 10080, {}),
    "04-stats-page.cfg": (r"^$", 8404, {}),
}
RUN_WHOLE = {"01-centos-default.cfg", "04-minimal.cfg", "04-global-complete.cfg", "04-defaults-complete.cfg",
             "04-route-by-path.cfg", "04-route-by-host.cfg", "04-harden.cfg", "04-server-states.cfg",
             "04-balance-roundrobin.cfg", "04-balance-leastconn.cfg", "04-balance-weighted.cfg", "04-balance-random.cfg",
             "04-check-tcp.cfg", "04-check-http.cfg", "04-backend-complete.cfg", "04-check-best-practice.cfg",
             "04-check-continued-lines.cfg", "04-check-expect-string.cfg", "04-check-http-full.cfg", "04-check-mysql.cfg",
             "04-httpchk-host.cfg", "04-nbproc-nbthread.cfg", "02-cookie-rewrite.cfg",
             "03-cookie-insert.cfg", "03-htmpool.cfg", "03-source-affinity.cfg", "04-balance-source.cfg", "04-url-param.cfg",
             "04-cookie-complete.cfg", "04-cookie-insert.cfg", "04-cookie-prefix.cfg"}


class Later(Tutorial):
    def test_every_file_has_a_test(self):
        here = set(os.listdir(os.path.join(HERE, "tutorials")))
        self.assertEqual(here, set(FILES) | RUN_WHOLE)

    def check(self, name):
        missing, port, servers = FILES[name]
        text = text_of(name)
        if "\\\n" in text and version_of(under_test()) < (3, 5):
            self.skipTest("haproxy 2.6 does not continue lines")
        if "website.pem" in text:
            text = text.replace("TMP/website.pem", self.certificate())
        result = run(["-c"], text, network=self.network)
        if result.code:
            messages = re.findall(r"\[ALERT\][^\n]*haproxy\.cfg:\d+[^\n]*", result.err)
            self.assertTrue(messages, f"refused without naming a line: {result.text}")
            for message in messages:
                self.assertRegex(message.split("haproxy.cfg", 1)[1], missing, f"all else should work: {result.text}")
            self.assertIn("[ALERT]", result.err)
            return
        for last, server_port in servers.items():
            self.web(last, server_port)
        self.tutorial(name, text, wait=[port])
        if servers:
            answers = [self.fetch(f"/{n}", port) for n in range(6)]
            self.assertEqual([answer.status for answer in answers], [200] * 6)

    def certificate(self):
        import tempfile
        folder = tempfile.mkdtemp(prefix="sluice-test-")
        self.addCleanup(lambda: __import__("shutil").rmtree(folder, ignore_errors=True))
        key, crt, pem = (os.path.join(folder, name) for name in ("key", "crt", "pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", crt, "-days", "2",
                        "-subj", "/CN=example.com"], check=True, capture_output=True)
        with open(pem, "w", encoding="ascii") as out:
            for part in (crt, key):
                with open(part, encoding="ascii") as file:
                    out.write(file.read())
        return pem


def add(name):
    def test(self):
        self.check(name)
    setattr(Later, "test_" + re.sub(r"\W", "_", name.removesuffix(".cfg")), test)


for known in FILES:
    add(known)

if __name__ == "__main__":
    main()
