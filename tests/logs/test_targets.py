"""Where lines go: UDP, UNIX sockets, descriptors, streams, rings. Nothing is lost when the process ends; order holds."""
import os
import re
import shutil
import signal
import socket
import tempfile
import threading

from logs import DEFAULTS, Case, Client, StreamSink, Syslog, counted, fetch, main, run, wait_until

FRONT = """
frontend f
  bind NET.1:8000
  log global
  log-format "%HU"
  http-request return status 200
"""


class Targets(Case):
    def ask(self, count, prefix="/n"):
        with Client(self.front, 8000) as client:
            for n in range(count):
                self.assertEqual(client.get(f"{prefix}{n}").status, 200)

    def test_unix_datagrams_and_udp_in_order(self):
        udp = self.syslog()
        folder = os.path.join("/tmp", f"sluice-log-{os.getpid()}")
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "log")
        unix = Syslog(path=path)
        self.addCleanup(unix.stop)
        self.proxy(f"global\n nbthread 1\n log NET.1:10514 format raw local0\n log {path} format short local1\n" + DEFAULTS + FRONT)
        self.ask(200)
        self.assertEqual(udp.wait_count(200), [f"/n{n}\n" for n in range(200)])
        self.assertEqual(unix.wait_count(200), [f"<6>/n{n}\n" for n in range(200)])
        unix.stop()
        os.unlink(path)  # the waker of stop() needs it
        again = Syslog(path=path)  # the daemon was restarted
        self.addCleanup(again.stop)
        self.ask(2, "/again")
        self.assertEqual(again.wait_count(2), ["<6>/again0\n", "<6>/again1\n"])
        again.stop()
        os.unlink(path)
        os.rmdir(folder)

    def test_nothing_is_lost_at_the_end(self):
        for number, name in ((signal.SIGTERM, "TERM"), (signal.SIGUSR1, "USR1")):
            log = self.syslog(port=10514 + number)
            stream = StreamSink(self.front, 10600 + number)
            self.addCleanup(stream.stop)
            proxy = self.proxy(f"global\n nbthread 2\n log NET.1:{10514 + number} format raw local0\n"
                               f" log tcp@NET.1:{10600 + number} format raw local0\n" + DEFAULTS + FRONT)
            clients = [Client(self.front, 8000) for _ in range(4)]
            for n in range(50):
                for i, client in enumerate(clients):
                    client.get(f"/{i}-{n}")
            for client in clients:
                client.close()
            proxy.signal(number)
            proxy.wait_end()
            lines = log.wait_count(200)
            for i in range(4):
                self.assertEqual([line for line in lines if line.startswith(f"/{i}-")], [f"/{i}-{n}\n" for n in range(50)], name)
            wait_until(lambda: stream.data.count(b"\n") >= 200, what="all lines on the stream")
            got = stream.data.decode().splitlines()
            for i in range(4):
                self.assertEqual([line for line in got if line.startswith(f"/{i}-")], [f"/{i}-{n}" for n in range(50)], name)

    def test_a_soft_stop_is_logged(self):
        log, other = self.syslog(), self.syslog(port=10515)
        proxy = self.proxy("global\n nbthread 2\n log NET.1:10514 format short local0\n" + DEFAULTS + FRONT.replace("log-format", "option httplog #")
                           + "backend quiet\n no log\n server s NET.2:1\nlisten l\n bind NET.1:8001\n log NET.1:10515 format short local1\n"
                           " server s NET.2:1\n")
        self.ask(3)
        proxy.signal(signal.SIGUSR1)
        self.assertEqual(proxy.wait_end(), 0)
        self.assertEqual(log.wait_for("stopped"), "<4>Proxy f stopped (cumulated conns: FE: 1, BE: 0).\n")
        self.assertEqual(other.wait_for("stopped"), "<4>Proxy l stopped (cumulated conns: FE: 0, BE: 0).\n")
        self.assertIn("Proxy quiet stopped", proxy.err)
        self.assertNotIn("quiet", "".join(log.lines + other.lines))

    def test_stdout_and_other_descriptors(self):
        ours, theirs = os.pipe()
        self.addCleanup(os.close, ours)
        proxy = self.proxy(f"global\n log stdout format raw local0\n log fd@{theirs} format short local0\n"
                           f" log stderr format raw local0 err\n" + DEFAULTS + FRONT, pass_fds=(theirs,))
        os.close(theirs)
        self.ask(100)
        wanted = [f"/n{n}" for n in range(100)]
        wait_until(lambda: proxy.out.split() == wanted, what=lambda: proxy.out)
        data = b""
        while data.count(b"\n") < 100:
            data += os.read(ours, 65536)
        self.assertEqual(data.decode().split(), ["<6>" + line for line in wanted])
        self.assertNotIn("/n", proxy.err)

    def test_descriptor_of_a_datagram_socket_gets_one_line_each(self):
        theirs, ours = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(ours.close)
        ours.settimeout(10)
        self.proxy(f"global\n log fd@{theirs.fileno()} format raw local0\n" + DEFAULTS + FRONT, pass_fds=(theirs.fileno(),))
        theirs.close()
        self.ask(5)
        self.assertEqual([ours.recv(1000) for _ in range(5)], [f"/n{n}\n".encode() for n in range(5)])

    def test_streams_come_back(self):
        sink = StreamSink(self.front, 10601)
        self.addCleanup(sink.stop)
        folder = os.path.join("/tmp", f"sluice-stream-{os.getpid()}")
        unix = StreamSink(path=folder)
        self.addCleanup(os.unlink, folder)
        self.addCleanup(unix.stop)
        self.proxy(f"global\n log tcp@NET.1:10601 format rfc5424 local2\n log uxst@{folder} format raw local2\n" + DEFAULTS + FRONT)
        self.ask(3)
        self.assertRegex(sink.wait_for(b"/n2\n").decode(), r"^(<150>1 [-0-9T:.]{26}\+\d\d:\d\d - haproxy \d+ - - /n\d\n){3}$")
        self.assertEqual(unix.wait_for(b"/n2\n"), b"/n0\n/n1\n/n2\n")
        sink.hang_up()
        self.ask(3, "/more")
        sink.wait_for(b"/more2\n")
        self.assertEqual(sink.data.count(b"/more"), 3)

    def test_lines_wait_for_a_server_that_is_not_there_yet(self):
        self.proxy("global\n log tcp@NET.1:10602 format raw local2\n" + DEFAULTS + FRONT)
        self.ask(3)
        sink = StreamSink(self.front, 10602)
        self.addCleanup(sink.stop)
        self.assertEqual(sink.wait_for(b"/n2\n"), b"/n0\n/n1\n/n2\n")

    def test_rings(self):
        """The ring says the format of its lines, raw if it says none, whatever the log line has. max-reuse 0: no connection is
        used for lines that come after those it was made for."""
        plain, framed, spread = StreamSink(self.front, 10603), StreamSink(self.front, 10604), StreamSink(self.front, 10605)
        self.addCleanup(spread.stop)
        self.addCleanup(plain.stop)
        self.addCleanup(framed.stop)
        proxy = self.proxy("""global
  stats socket TMP/cli level admin
  log ring@both format rfc5424 local3
  log ring@small local3
  log ring@spread local3
ring both
  description "lines for two servers"
  format rfc3164
  maxlen 100
  size 100k
  timeout connect 2s
  timeout server 2s
  server a NET.1:10603
  server b NET.1:10604 log-proto octet-count
ring small
  maxlen 60
  size 200
ring spread
  server c NET.1:10605 max-reuse 0 source NET.2
""" + DEFAULTS + FRONT)
        self.ask(30)
        spread.wait_for(b"/n29\n")
        self.ask(1, "/" + "long" * 100)
        plain.wait_for(b"/longlong")
        lines = plain.data.decode().splitlines()
        self.assertEqual(len(lines), 31)
        for n in range(30):
            self.assertRegex(lines[n], rf"^<158>\w{{3}} [ \d]\d \d\d:\d\d:\d\d localhost haproxy\[\d+\]: /n{n}$")
        self.assertEqual(len(lines[30]), 100)
        spread.wait_for(b"/longlong")
        self.assertLessEqual({f"/n{n}" for n in range(30)}, set(spread.data.decode().split()))
        self.assertGreaterEqual(len(spread.peers), 2)
        self.assertEqual({host for host, _ in spread.peers}, {self.network.host(2)})
        framed.wait_for(b"/longlong")
        self.assertEqual(counted(framed.data), lines)
        listed = proxy.cli("show events")
        self.assertRegex(listed, r"(?m)^    both +: type=buffer, 0 dropped, lines for two servers$")
        self.assertRegex(listed, r"(?m)^    small +: type=buffer, \d+ dropped, small$")
        kept = proxy.cli("show events small").split()
        self.assertIn("/n29", kept)
        self.assertNotIn("/n0", kept)
        self.assertEqual(proxy.cli("show events small -0").split("\0")[:2], kept[:2])
        self.assertIn("No such event sink", proxy.cli("show events nothing"))
        self.assertIn("not implemented", proxy.cli("show events small -w"))

    def test_log_send_hostname_tag_levels_and_samples(self):
        logs = [self.syslog(port=10700 + n) for n in range(4)]
        self.proxy("global\n log-send-hostname edge.example\n log-tag web\n log NET.1:10700 local0\n"
                   " log NET.1:10701 format short local0 notice\n log NET.1:10702 format short local0 info warning\n"
                   " log NET.1:10703 sample 2,4-5:5 format raw local0\n"
                   + DEFAULTS + FRONT.replace("  http-request return", "  http-request set-log-level err if { path /n1 }\n"
                                              "  http-request return"))
        self.ask(5)
        self.assertRegex(logs[0].wait_for("/n0"), r"^<134>\w{3} [ \d]\d \d\d:\d\d:\d\d edge\.example web\[\d+\]: /n0\n$")
        self.assertEqual(logs[1].wait_count(1), ["<3>/n1\n"])
        self.assertEqual(logs[2].wait_count(5), ["<6>/n0\n", "<4>/n1\n", "<6>/n2\n", "<6>/n3\n", "<6>/n4\n"])
        self.assertEqual(logs[3].wait_count(3), ["/n1\n", "/n3\n", "/n4\n"])

    def test_a_ring_in_a_file(self):
        """What was logged last is in the file when the process was killed, and what was in it before has another name."""
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        path = os.path.join(folder, "kept")

        def kept():
            with open(path, "rb") as file:
                return file.read()
        with open(path, "w", encoding="ascii") as old:
            old.write("from before")
        config = f"global\n log ring@kept local3\nring kept\n backing-file {path}\n size 2k\n maxlen 100\n" + DEFAULTS + FRONT
        self.assertEqual(run(["-c"], config, network=self.network).code, 0)
        self.assertEqual(kept(), b"from before", "checking changes nothing")
        nowhere = run(["-db"], config.replace(path, "/nonexistent/kept"), network=self.network)
        self.assertEqual(nowhere.code, 1)
        self.assertIn("'backing-file' : '/nonexistent/kept' cannot be created", nowhere.text)
        proxy = self.proxy(config)
        with open(path + ".bak", encoding="ascii") as old:
            self.assertEqual(old.read(), "from before")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        wait_until(lambda: os.stat(path).st_size == 2048, what="the file's size")  # ports are open before
        self.ask(3)
        wait_until(lambda: b"/n2" in kept(), what="the last line in the file")
        proxy.process.kill()
        proxy.process.wait(20)
        for n in range(3):
            self.assertIn(b"/n%d" % n, kept())

    def test_what_has_no_effect_is_said(self):
        done = run(["-c"], "ring r\n format iso\n server s 127.0.0.1:1 check weight 3\n" + DEFAULTS
                   + "frontend f\n bind NET.1:8000\n log ring@r format rfc5424 local0\n http-request return status 200\n", network=self.network)
        self.assertEqual(done.code, 0, done.text)
        for words in ("'check' has no effect in a ring", "'weight' has no effect in a ring", "ring 'r' says which format"):
            self.assertIn(words, done.text)

    def test_what_does_not_exist_is_named(self):
        for line, words in (("log ring@none local0", "no section 'ring none'"), ("log 127.0.0.1 profile none local0", "log-profile none"),
                            ("log backend@b local0", "mode log"), ("log quic4@127.0.0.1 local0", "QUIC")):
            done = run(["-c"], "frontend f\n bind NET.1:8000\n mode http\n timeout client 1s\n http-request return status 200\n " + line + "\n",
                       network=self.network)
            self.assertEqual(done.code, 1, line)
            self.assertIn(words, done.text)
            self.assertIn("haproxy.cfg:6", done.text)
        for text, words in (("ring r\n size 4\n", "size"), ("ring r\n server s 127.0.0.1:1 chekc\n", "'chekc'"), ("ring r\n server s 127.0.0.1:1 source 0.0.0.0 usesrc client\n", "usesrc"),
                            ("ring r\nring r\n", "declared before"),
                            ("log-profile p\n on never drop\n", "never"), ("log-forward x\n", "log-forward"),
                            ("log-profile p\nlog-profile p\n", "declared before")):
            done = run(["-c"], text, network=self.network)
            self.assertEqual(done.code, 1, text)
            self.assertIn(words, done.text)


if __name__ == "__main__":
    main()
