"""Every way a connection can end: the line Debian's haproxy logs about it, timers masked, is the line ours logs.

A scenario is a function of a Stage: it plays the client, and may wait for what the server has seen. Each has a backend
of its own; its log lines are found by the backend's or frontend's name."""
import concurrent.futures
import os
import re
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import mask  # noqa: E402
from twin import ACTIVE, BYTES  # noqa: E402
from case import Case, Client, Network, Origin, Proxy, Syslog, main, oracle, under_test, version_of, wait_until  # noqa: E402

HEAD = """
global
  stats socket TMP/cli level admin
  log NET.1:10514 local0
defaults
  mode http
  log global
  option httplog
  timeout connect 500ms
  timeout client 4s
  timeout server 4s
  timeout http-request 3s
  timeout tarpit 300ms
  retries 0
"""
scenarios = []


def scenario(config, name=None):
    def keep(play):
        scenarios.append((name or play.__name__, config, play))
        return play
    return keep


def http(more="", server="server s NET.10:8080", front=""):
    """A frontend and a backend; NAME and PORT are filled in."""
    return f"frontend f_NAME\n  bind NET.1:PORT\n  {front}\n  default_backend NAME\nbackend NAME\n  {more}\n  {server}\n"


def closing(more="", server="server s NET.10:8080"):
    """haproxy 2.6 looks at its client's end only where the frontend side has the option."""
    return f"listen NAME\n  option abortonclose\n  bind NET.1:PORT\n  {more}\n  {server}\n"


def tcp(more="", server="server s NET.10:8080"):
    return f"listen NAME\n  mode tcp\n  option tcplog\n  bind NET.1:PORT\n  {more}\n  {server}\n"


FULL = "server s NET.13:8080"  # a listener that answers no SYN: its queue is full


COUNTED = ("qmax", "stot", "dreq", "dresp", "ereq", "econ", "eresp", "wretr", "wredis", "lbtot", "hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx",
           "hrsp_5xx", "hrsp_other", "req_tot", "cli_abrt", "srv_abrt", "conn_tot", "intercepted", "dcon", "dses", "connect", "reuse", "eint")


class Stage:
    def __init__(self, program, index):
        self.network = Network(index)
        self.cleanup = []
        self.changed = threading.Condition()
        self.events = set()
        self.arrived = []
        self.origin = Origin(self.network.host(10), 8080, self.serve).start()
        self.log = Syslog(self.network.host(1), 10514)
        self.jam()
        config = HEAD
        self.ports = {}
        for number, (name, text, _) in enumerate(scenarios):
            self.ports[name] = 8000 + number
            config += text.replace("NAME", name).replace("PORT", str(8000 + number))
        self.proxy = Proxy(config, program=program, network=self.network)

    def jam(self):
        self.jammed = socket.socket()
        self.jammed.bind((self.network.host(13), 8080))
        self.jammed.listen(0)
        self.fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((self.network.host(13), 8080))
            self.fillers.append(filler)

    def serve(self, connection):
        """The path says what to do. /hold waits until the test says so."""
        while True:
            raw = connection.read_until(b"\r\n\r\n")
            if raw is None:
                return
            words = raw.split(b"\r\n")[0].decode().split(" ")
            path = words[1]
            with self.changed:
                self.arrived.append(path)
                self.changed.notify_all()
            if path.startswith("/hold"):
                self.wait(path)
            if path.startswith("/silent"):
                connection.read_rest()
                return
            if path.startswith("/headonly"):
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome")
                connection.read_rest()
                return
            if path.startswith("/cut"):
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome")
                self.wait(path)
                connection.reset()
                return
            if path.startswith("/flood"):
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
                try:
                    for _ in range(1600):
                        connection.send(b"x" * 62500)
                except OSError:
                    pass
                return
            if path.startswith("/bye"):
                return
            if path.startswith("/status/"):
                connection.send(f"HTTP/1.1 {path[8:11]} Told\r\nContent-Length: 2\r\n\r\nno")
                continue
            if path.startswith("/interim"):
                connection.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
            if path.startswith("/chunks"):
                connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + ("2\r\nok\r\n" if path.endswith("late") else "") + "zz\r\n")
                connection.read_rest()
                return
            if path.startswith("/hello"):
                connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nhello")
                self.wait(path, 0.1)
                if path.endswith("reset"):
                    self.wait(path)
                    connection.reset()
                    return
                connection.read_rest()
                return
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    def wait(self, path, seconds=8):
        with self.changed:
            self.changed.wait_for(lambda: path in self.events, seconds)

    def go(self, path):
        with self.changed:
            self.events.add(path)
            self.changed.notify_all()

    def at_server(self, path, seconds=8):
        with self.changed:
            if not self.changed.wait_for(lambda: path in self.arrived, seconds):
                raise AssertionError(f"{path} did not get to the server")

    def client(self, name, **more):
        client = Client(self.network.host(1), self.ports[name], source=self.network.host(9), **more)
        self.cleanup.append(client)
        return client

    def queued(self, name, count=1):
        """Until the statistics know of so many requests in the queue of this backend or its server."""
        def enough():
            rows = [line.split(",") for line in self.proxy.cli("show stat").splitlines() if line.startswith(name + ",")]
            return max(int(row[2] or 0) for row in rows) >= count
        wait_until(enough, 8, f"{count} in the queue of {name}")

    def connecting(self, name):
        def there():
            return any(line.split(",")[4] not in ("", "0") for line in self.proxy.cli("show stat").splitlines()
                       if line.startswith(name + ",BACKEND,"))
        wait_until(there, 8, f"{name} has a session")
        time.sleep(0.05)  # the statistics count a session some steps before it connects

    def counters(self):
        """What the statistics count about each proxy and server of a scenario."""
        text = self.proxy.cli("show stat").lstrip("# ").splitlines()
        rows = [dict(zip(text[0].split(","), line.split(","))) for line in text[1:] if line]
        return {(row["pxname"], row["svname"]): {name: row[name] for name in COUNTED} for row in rows}

    def lines(self, name, count):
        def mine():
            return [line for line in self.log.lines if f" {name}/" in line or f" f_{name} " in line]
        wait_until(lambda: len(mine()) >= count, 10, f"{count} lines of {name} (got {mine()})")
        return [self.show(line) for line in mine()]

    def show(self, line):
        line = mask.log_line(line, self.network)
        line = ACTIVE.sub(r"\1A\2A\2", line)
        if "places_in" in line or "waits_" in line:  # whoever is next may have been let in before the line was written
            line = re.sub(r"(A/A/\d+)/\d+/", r"\1/S/", line)
        return BYTES.sub(" BYTES ", line).split(": ", 1)[1]

    def stop(self):
        for client in self.cleanup:
            client.close()
        with self.changed:
            self.events |= {path for path in self.arrived}
            self.changed.notify_all()
        self.proxy.stop()
        self.origin.stop()
        for filler in self.fillers:
            filler.close()
        self.jammed.close()
        self.log.stop()


ONCE = "Connection: close\r\n"


def request(path, method="GET", fields=""):
    return f"{method} {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n"


# --- HTTP: how far the request had come when its client went away

@scenario(http())
def client_leaves_request(stage, name):
    client = stage.client(name)
    client.send("GET / HTTP/1.1\r\nHo")
    client.half_close()
    client.read_all()


@scenario(http(front="http-request tarpit if { path /tar }"))
def tarpit_ends(stage, name):
    client = stage.client(name)
    client.send(request("/tar", fields=ONCE))
    client.read_all()


@scenario(closing("timeout tarpit 5s\n  http-request tarpit if { path /tar }"))
def client_leaves_tarpit(stage, name):
    client = stage.client(name)
    client.send(request("/tar"))
    client.reset()


@scenario(closing("timeout queue 5s", "server s NET.10:8080 maxconn 1"))
def client_leaves_queue(stage, name):
    first = stage.client(name)
    first.send(request("/hold/cq"))
    stage.at_server("/hold/cq")
    second = stage.client(name)
    second.send(request("/never"))
    stage.queued(name)
    second.reset()
    stage.lines(name, 1)
    stage.go("/hold/cq")
    first.read_answer()
    first.close()
    return 2


@scenario(http("timeout queue 200ms", "server s NET.10:8080 maxconn 1"))
def queue_times_out(stage, name):
    first = stage.client(name)
    first.send(request("/hold/sq"))
    stage.at_server("/hold/sq")
    second = stage.client(name)
    second.send(request("/never", fields="Connection: close\r\n"))
    second.read_all()
    stage.lines(name, 1)
    stage.go("/hold/sq")
    first.read_answer()
    return 2


@scenario(http("timeout queue 5s", "server s NET.10:8080 maxconn 1"))
def places_in_the_queue(stage, name):
    """Three wait in turn; each line says how many were served before."""
    clients = []
    for number in range(4):
        client = stage.client(name)
        client.send(request(f"/hold/place{number}", fields="Connection: close\r\n"))
        clients.append(client)
        if number == 0:
            stage.at_server("/hold/place0")
        else:
            stage.queued(name, number)
    for number, client in enumerate(clients):
        stage.at_server(f"/hold/place{number}")
        stage.go(f"/hold/place{number}")
        client.read_answer()
        stage.lines(name, number + 1)
    return 4


@scenario(http("timeout queue 5s\n  cookie C", "server s NET.10:8080 maxconn 1 cookie x\n  server t NET.10:9 cookie t weight 0"))
def places_in_a_servers_queue(stage, name):
    clients = []
    for number in range(3):
        client = stage.client(name)
        client.send(request(f"/hold/own{number}", fields="Connection: close\r\nCookie: C=x\r\n"))
        clients.append(client)
        if number == 0:
            stage.at_server("/hold/own0")
        else:
            stage.queued(name, number)
    for number, client in enumerate(clients):
        stage.at_server(f"/hold/own{number}")
        stage.go(f"/hold/own{number}")
        client.read_answer()
        stage.lines(name, number + 1)
    return 3


@scenario(http("timeout queue 300ms\n  cookie C", "server s NET.10:8080 maxconn 1 maxqueue 1 cookie x"))
def queue_is_full(stage, name):
    first = stage.client(name)
    first.send(request("/hold/full", fields="Cookie: C=x\r\n"))
    stage.at_server("/hold/full")
    second = stage.client(name)
    second.send(request("/second", fields="Connection: close\r\nCookie: C=x\r\n"))
    stage.queued(name)
    third = stage.client(name)
    third.send(request("/third", fields="Connection: close\r\nCookie: C=x\r\n"))
    third.read_all()
    second.read_all()
    stage.lines(name, 2)
    stage.go("/hold/full")
    first.read_answer()
    return 3


@scenario(http("", FULL))
def connect_times_out(stage, name):
    client = stage.client(name)
    client.send(request("/", fields="Connection: close\r\n"))
    client.read_all()


@scenario(closing("timeout connect 5s", FULL))
def client_leaves_connect(stage, name):
    client = stage.client(name)
    client.send(request("/"))
    stage.connecting(name)
    client.reset()


@scenario(http("", "server s NET.10:9"))
def refused(stage, name):
    client = stage.client(name)
    client.send(request("/", fields="Connection: close\r\n"))
    client.read_all()


@scenario(http("", "server s NET.10:8080 source NET.1:29990-29990"))
def ports_run_out(stage, name):
    first = stage.client(name)
    first.send(request("/hold/rc"))
    stage.at_server("/hold/rc")
    second = stage.client(name)
    second.send(request("/never", fields="Connection: close\r\n"))
    second.read_all()
    stage.lines(name, 1)
    stage.go("/hold/rc")
    first.read_answer()
    return 2


@scenario(closing())
def client_leaves_wait(stage, name):
    client = stage.client(name)
    client.send(request("/silent/ch"))
    stage.at_server("/silent/ch")
    client.reset()


@scenario(http("timeout server 300ms"))
def server_times_out(stage, name):
    client = stage.client(name)
    client.send(request("/silent/sh", fields="Connection: close\r\n"))
    client.read_all()


@scenario(http())
def server_says_nothing(stage, name):
    client = stage.client(name)
    client.send(request("/bye", fields="Connection: close\r\n"))
    client.read_all()


@scenario(http(front="timeout client 300ms"))
def client_stops_sending_its_body(stage, name):
    client = stage.client(name)
    client.send(request("/silent/body", "POST", "Content-Length: 100\r\n") + "some")
    client.read_all()


@scenario(closing())
def client_leaves_its_body(stage, name):
    client = stage.client(name)
    client.send(request("/silent/left", "POST", "Content-Length: 100\r\n") + "some")
    stage.at_server("/silent/left")
    client.reset()


@scenario(http("option http-buffer-request", front="timeout http-request 300ms"))
def buffered_body_times_out(stage, name):
    client = stage.client(name)
    client.send(request("/never", "POST", "Content-Length: 100\r\n") + "some")
    client.read_all()


@scenario(http("option http-buffer-request"))
def client_leaves_buffered_body(stage, name):
    client = stage.client(name)
    client.send(request("/never", "POST", "Content-Length: 100\r\n") + "some")
    client.half_close()
    client.read_all()


# --- HTTP: data

@scenario(http())
def client_leaves_data(stage, name):
    client = stage.client(name)
    client.send(request("/flood/left"))
    client.read_until(b"xxxx")
    client.reset()


@scenario(http(front="timeout client 400ms"))
def client_stops_reading(stage, name):
    client = stage.client(name, receive_buffer=4096)
    client.send(request("/flood/slow"))
    client.read_until(b"xxxx")
    return 1


@scenario(http("timeout server 300ms"))
def server_stops_in_data(stage, name):
    client = stage.client(name)
    client.send(request("/headonly", fields="Connection: close\r\n"))
    client.read_all()


@scenario(http())
def server_resets_in_data(stage, name):
    client = stage.client(name)
    client.send(request("/cut/sd"))
    client.read_until(b"some")
    stage.go("/cut/sd")
    client.read_all()


@scenario(http())
def upgraded_client_leaves(stage, name):
    client = stage.client(name)
    client.send(request("/hello/left", fields="Connection: upgrade\r\nUpgrade: echo\r\n"))
    client.read_until(b"hello")
    client.half_close()
    client.read_all()


@scenario(http())
def upgraded_server_resets(stage, name):
    client = stage.client(name)
    client.send(request("/hello/reset", fields="Connection: upgrade\r\nUpgrade: echo\r\n"))
    client.read_until(b"hello")
    stage.go("/hello/reset")
    client.read_all()


@scenario(http("timeout tunnel 300ms"))
def upgraded_both_silent(stage, name):
    client = stage.client(name)
    client.send(request("/hello/silent", fields="Connection: upgrade\r\nUpgrade: echo\r\n"))
    client.read_until(b"hello")
    client.read_all()


# --- HTTP: the proxy's own decisions

@scenario(http(front="http-request redirect location /x if { path /r }\n  http-request return status 200 if { path /ret }\n"
                     "  http-request deny if { path /d }\n  http-request reject if { path /rej }\n"
                     "  http-request set-header X %[path] if { path /x }"))
def answered_here(stage, name):
    for path in ("/r", "/ret", "/d", "/rej", "/x"):
        client = stage.client(name)
        client.send(request(path, fields="Connection: close\r\n"))
        client.read_all()
        stage.lines(name, ("/r", "/ret", "/d", "/rej", "/x").index(path) + 1)
    return 5


@scenario(http("http-response deny"))
def answer_denied(stage, name):
    client = stage.client(name)
    client.send(request("/", fields="Connection: close\r\n"))
    client.read_all()


@scenario(http("tcp-response content reject"))
def answer_rejected(stage, name):
    client = stage.client(name)
    client.send(request("/", fields="Connection: close\r\n"))
    client.read_all()


@scenario(http("http-response return status 418 content-type text/plain string x"))
def answer_replaced(stage, name):
    client = stage.client(name)
    client.send(request("/", fields="Connection: close\r\n"))
    client.read_all()


@scenario(http("http-request deny"))
def denied_by_backend(stage, name):
    client = stage.client(name)
    client.send(request("/", fields="Connection: close\r\n"))
    client.read_all()


@scenario(http("", ""))
def no_server(stage, name):
    client = stage.client(name)
    client.send(request("/", fields="Connection: close\r\n"))
    client.read_all()


@scenario(http())
def killed_while_waiting(stage, name):
    client = stage.client(name)
    client.send(request("/silent/killed"))
    stage.at_server("/silent/killed")
    stage.proxy.cli(f"shutdown sessions server {name}/s")
    client.read_all()


@scenario(http())
def killed_in_data(stage, name):
    client = stage.client(name)
    client.send(request("/headonly"))
    client.read_until(b"some")
    stage.proxy.cli(f"shutdown sessions server {name}/s")
    client.read_all()


# --- HTTP, two requests on a connection: the second's end says nothing

@scenario(http(front="timeout http-keep-alive 200ms"))
def idle_ends(stage, name):
    client = stage.client(name)
    client.send(request("/"))
    client.read_answer()
    client.read_all()


@scenario(http())
def client_leaves_second_request(stage, name):
    client = stage.client(name)
    client.send(request("/"))
    client.read_answer()
    stage.lines(name, 1)
    client.send("GET /2 HT")
    client.half_close()
    client.read_all()
    return 2


# --- what is counted, whoever decides

def asked(config, *paths, name, method="GET", fields=""):
    """A scenario: each path by a connection of its own, one after the other."""
    def play(stage, scenario_name):
        for number, path in enumerate(paths, 1):
            client = stage.client(scenario_name)
            client.send(request(path, method, ONCE + fields))
            client.read_all()
            stage.lines(scenario_name, number)
        return len(paths)
    scenarios.append((name, config, play))


asked(http("http-response set-status 404"), "/", name="status_is_set")
asked(http("http-response redirect location /x"), "/", name="answer_redirected")
asked(http("http-response deny status 418"), "/", name="answer_denied_otherwise")
asked(http(front="http-response deny"), "/", name="answer_denied_in_front")
asked(http(front="http-response return status 418"), "/", name="answer_replaced_in_front")
asked(http(front="http-response redirect location /x"), "/", name="answer_redirected_in_front")
asked(http("http-request return status 200"), "/", name="replied_by_backend")
asked(http("http-request redirect location /x"), "/", name="redirected_by_backend")
asked(http("redirect location /x"), "/", name="redirected_by_line")
asked(http("http-request auth"), "/", name="asked_for_password")
asked(http("http-request tarpit"), "/", name="tarpit_of_backend")
asked(http("tcp-request content reject"), "/", name="rejected_by_backend")
asked(http(front="tcp-request content reject"), "/", name="rejected_in_front")
asked(http("http-request silent-drop if FALSE\n  http-request reject"), "/", name="http_rejected_by_backend")
asked(http(front="monitor-uri /up\n  monitor fail if { path /never }"), "/", name="beside_the_monitor")
asked(http("stats enable\n  stats uri /stats"), "/stats", name="statistics_page")
asked(http(front="stats enable\n  stats uri /stats"), "/stats", name="statistics_page_in_front")
asked(http(front="errorloc 429 http://x/\n  errorfile 403 /etc/haproxy/errors/503.http\n"
                 "  http-after-response set-status 418 if { capture.req.uri /changed }\n"
                 "  http-request deny deny_status 429 if { path /elsewhere }\n  http-request deny"), "/elsewhere", "/file", "/changed",
      name="pages_of_another_status")
asked(http("errorfile 503 /etc/haproxy/errors/400.http", "server s NET.10:9"), "/", name="page_of_another_status_for_a_failure")
asked(http("option checkcache"), "/", name="no_cookie_to_check")
asked(http("", "server s NET.10:8080 redir http://x"), "/", name="sent_elsewhere")
asked(http(), "/status/404", "/status/500", "/status/304", "/status/600", name="statuses")
asked(http(), "/interim", name="interim_answer")
asked(http(), "/chunks", name="chunks_are_wrong")
asked(http(), "/chunks/late", name="later_chunks_are_wrong")
asked(http("retries 2"), "/bye", name="empty_answer_is_final")
asked(http("retries 2\n  retry-on empty-response"), "/bye", name="empty_answers")
asked(http("retries 2\n  retry-on 500"), "/status/500", name="retried_statuses")
asked(http("retries 2\n  timeout connect 50ms", "server s NET.10:9"), "/", name="refused_again")
asked(http("retries 2\n  option redispatch 1", "server s NET.10:9\n  server t NET.10:8080"), "/", "/", "/", name="redispatched")
asked(http("retries 1\n  option redispatch", "server s NET.10:9\n  server t NET.10:9"), "/", name="both_refuse")
asked(http("", "server s NET.10:8080 disabled"), "/", name="none_usable")
asked(http("cookie C\n  balance leastconn", "server s NET.10:8080 cookie x\n  server t NET.10:8080 cookie y"), "/", "/", "/",
      name="by_cookie", fields="Cookie: C=y\r\n")
asked(http("use-server t if TRUE", "server s NET.10:8080\n  server t NET.10:8080"), "/", "/", name="by_use_server")
asked(tcp("timeout client 300ms\n  tcp-request content reject if FALSE\n  tcp-response content accept"), "/bye", name="tcp_accepted")
asked(tcp("", "server s NET.10:8080 disabled"), "/", name="tcp_none_usable")
asked("frontend f_NAME\n  mode tcp\n  option tcplog\n  bind NET.1:PORT\n  default_backend NAME\n"
      "backend NAME\n  mode tcp\n  tcp-request content reject\n  server s NET.10:8080\n", "/", name="tcp_rejected_by_backend")
asked("frontend f_NAME\n  mode tcp\n  option tcplog\n  bind NET.1:PORT\n  default_backend NAME\n"
      "backend NAME\n  mode tcp\n  tcp-response content reject\n  server s NET.10:8080\n", "/", name="tcp_answer_rejected_by_backend")
asked(tcp("retries 2\n  timeout connect 50ms", "server s NET.10:9"), "/", name="tcp_refused_again")


def behind_another(config, name, fields=""):
    """The second request waits until the first is over."""
    def play(stage, scenario_name):
        first = stage.client(scenario_name)
        first.send(request("/hold/" + name, fields=fields))
        stage.at_server("/hold/" + name)
        second = stage.client(scenario_name)
        second.send(request("/second", fields=ONCE + fields))
        stage.queued(scenario_name)
        stage.go("/hold/" + name)
        first.read_answer()
        second.read_all()
        return 2
    scenarios.append((name, config, play))


behind_another(http("balance source\n  timeout queue 5s", "server s NET.10:8080 maxconn 1\n  server t NET.10:8080 maxconn 1 weight 0"),
               "waits_by_hash")
behind_another(http("cookie C\n  timeout queue 5s", "server s NET.10:8080 maxconn 1 cookie x\n  server t NET.10:8080 cookie y"),
               "waits_by_cookie", "Cookie: C=x\r\n")
behind_another(http("balance leastconn\n  timeout queue 5s", "server s NET.10:8080 maxconn 1"), "waits_for_any")


@scenario(http(front="timeout http-request 300ms"))
def request_times_out(stage, name):
    client = stage.client(name)
    client.send("GET / HTTP/1.1\r\nHo")
    client.read_all()


@scenario(http(front="timeout http-request 300ms"))
def nothing_comes(stage, name):
    stage.client(name).read_all()


@scenario(http())
def client_says_nothing(stage, name):
    client = stage.client(name)
    client.half_close()
    client.read_all()


@scenario(http(front="timeout http-request 300ms"))
def second_request_times_out(stage, name):
    client = stage.client(name)
    client.send(request("/"))
    client.read_answer()
    stage.lines(name, 1)
    client.send("GET /2 HT")
    client.read_all()
    return 2


@scenario(http())
def no_request_at_all(stage, name):
    client = stage.client(name)
    client.send("nonsense\r\n\r\n")
    client.read_all()


# --- TCP

@scenario(tcp())
def tcp_both_end(stage, name):
    client = stage.client(name)
    client.send(request("/t"))
    client.read_until(b"ok")
    client.half_close()
    client.read_all()


@scenario(tcp())
def tcp_server_ends(stage, name):
    client = stage.client(name)
    client.send(request("/bye"))
    client.read_all()


@scenario(tcp())
def tcp_client_resets(stage, name):
    client = stage.client(name)
    client.send(request("/silent/tcp"))
    stage.at_server("/silent/tcp")
    client.reset()


@scenario(tcp())
def tcp_server_resets(stage, name):
    client = stage.client(name)
    client.send(request("/cut/tcp"))
    client.read_until(b"some")
    stage.go("/cut/tcp")
    client.read_all()


@scenario(tcp("timeout client 300ms"))
def tcp_client_silent(stage, name):
    client = stage.client(name)
    client.send(request("/silent/tcpc"))
    client.read_all()


@scenario(tcp("timeout server 300ms"))
def tcp_server_silent(stage, name):
    client = stage.client(name)
    client.send(request("/silent/tcps"))
    client.read_all()


@scenario(tcp("timeout tunnel 300ms"))
def tcp_tunnel_silent(stage, name):
    client = stage.client(name)
    client.send(request("/headonly"))
    client.read_until(b"some")
    client.read_all()


@scenario(tcp("timeout client-fin 200ms"))
def tcp_client_fin(stage, name):
    """The client has ended, the server goes on waiting."""
    client = stage.client(name)
    client.send(request("/hold/fin"))
    stage.at_server("/hold/fin")
    client.half_close()
    client.read_all()
    stage.lines(name, 1)
    stage.go("/hold/fin")


@scenario(tcp("timeout server-fin 200ms"))
def tcp_server_fin(stage, name):
    client = stage.client(name)
    client.send(request("/bye"))
    return 1  # the client does not end its side


@scenario(tcp("", "server s NET.10:9"))
def tcp_refused(stage, name):
    stage.client(name).read_all()


@scenario(tcp("", FULL))
def tcp_connect_times_out(stage, name):
    stage.client(name).read_all()


@scenario(tcp("option abortonclose\n  timeout connect 5s", FULL))
def tcp_client_leaves_connect(stage, name):
    client = stage.client(name)
    stage.connecting(name)
    client.reset()


@scenario(tcp("timeout queue 200ms", "server s NET.10:8080 maxconn 1"))
def tcp_queue_times_out(stage, name):
    first = stage.client(name)
    first.send(request("/hold/tsq"))
    stage.at_server("/hold/tsq")
    stage.client(name).read_all()
    stage.lines(name, 1)
    stage.go("/hold/tsq")
    first.half_close()
    first.read_all()
    return 2


@scenario(tcp("option abortonclose\n  timeout queue 5s", "server s NET.10:8080 maxconn 1"))
def tcp_client_leaves_queue(stage, name):
    first = stage.client(name)
    first.send(request("/hold/tcq"))
    stage.at_server("/hold/tcq")
    second = stage.client(name)
    stage.queued(name)
    second.reset()
    stage.lines(name, 1)
    stage.go("/hold/tcq")
    first.half_close()
    first.read_all()
    return 2


@scenario(tcp("tcp-request inspect-delay 1s\n  tcp-request content reject"))
def tcp_rejected(stage, name):
    stage.client(name).read_all()


@scenario(tcp("tcp-response content reject"))
def tcp_answer_rejected(stage, name):
    client = stage.client(name)
    client.send(request("/"))
    client.read_all()


@scenario(tcp("", ""))
def tcp_no_server(stage, name):
    stage.client(name).read_all()


@scenario(tcp())
def tcp_killed(stage, name):
    client = stage.client(name)
    client.send(request("/headonly"))
    client.read_until(b"some")
    stage.proxy.cli(f"shutdown sessions server {name}/s")
    client.read_all()


# Where ours means to differ: D16 of differences.md.
H = "NET.9:PORT [DATE] "
INTENDED = {
    "client_leaves_tarpit": [H + 'client_leaves_tarpit client_leaves_tarpit/<NOSRV> -1/T/-1/-1/T -1 0 - - CT-- A/A/0/0/0 0/0 "GET /tar HTTP/1.1"'],
    # the server's queue is full: the backend's is not
    "queue_is_full": [
        H + 'f_queue_is_full queue_is_full/<NOSRV> T/T/-1/-1/T 503 BYTES - - sQ-- A/A/1/0/0 0/1 "GET /third HTTP/1.1"',
        H + 'f_queue_is_full queue_is_full/s T/T/-1/-1/T 503 BYTES - - sQ-- A/A/2/1/0 1/0 "GET /second HTTP/1.1"',
        H + 'f_queue_is_full queue_is_full/s T/T/T/T/T 200 BYTES - - ---- A/A/0/0/0 0/0 "GET /hold/full HTTP/1.1"'],
    "ports_run_out": [
        H + 'f_ports_run_out ports_run_out/s T/T/-1/-1/T 503 BYTES - - RC-- A/A/1/1/0 0/0 "GET /never HTTP/1.1"',
        H + 'f_ports_run_out ports_run_out/s T/T/T/T/T 200 BYTES - - ---- A/A/0/0/0 0/0 "GET /hold/rc HTTP/1.1"'],
    "client_leaves_wait": [H + 'client_leaves_wait client_leaves_wait/s T/T/T/-1/T -1 0 - - CH-- A/A/0/0/0 0/0 "GET /silent/ch HTTP/1.1"'],
    "client_stops_sending_its_body": [
        H + 'f_client_stops_sending_its_body client_stops_sending_its_body/s T/T/T/-1/T 408 BYTES - - cH-- A/A/0/0/0 0/0 "POST /silent/body HTTP/1.1"'],
    "client_leaves_buffered_body": [
        H + 'f_client_leaves_buffered_body client_leaves_buffered_body/<NOSRV> -1/-1/-1/-1/T 400 BYTES - - CR-- A/A/0/0/0 0/0 "POST /never HTTP/1.1"'],
    "rejected_in_front": [H + 'f_rejected_in_front f_rejected_in_front/<NOSRV> -1/-1/-1/-1/T -1 0 - - PR-- A/A/0/0/0 0/0 "GET / HTTP/1.1"'],
    "tcp_client_leaves_connect": [H + "tcp_client_leaves_connect tcp_client_leaves_connect/s T/-1/T 0 CC A/A/0/0/0 0/0"],
    "tcp_client_leaves_queue": [
        H + "tcp_client_leaves_queue tcp_client_leaves_queue/<NOSRV> T/-1/T 0 CQ A/A/1/0/0 0/1",
        H + "tcp_client_leaves_queue tcp_client_leaves_queue/s T/T/T 40 -- A/A/0/0/0 0/0"],
}

# What a proxy or server counts where we mean to differ: D16 and D33 of differences.md.
INTENDED_COUNTS = {
    ("client_leaves_tarpit", "BACKEND"): {"cli_abrt": "0"},  # may or may not be seen in time by 2.6
    ("client_leaves_tarpit", "FRONTEND"): {"hrsp_5xx": "0", "hrsp_other": "1"},
    ("queue_is_full", "s"): {"econ": "1"},
    ("queue_is_full", "BACKEND"): {"qmax": "1"},
    ("f_client_stops_sending_its_body", "FRONTEND"): {"hrsp_4xx": "1", "hrsp_5xx": "0"},
    ("client_stops_sending_its_body", "s"): {"eresp": "0", "cli_abrt": "1"},
    ("client_stops_sending_its_body", "BACKEND"): {"eresp": "0", "cli_abrt": "1", "hrsp_4xx": "1", "hrsp_5xx": "0"},
    ("f_client_leaves_buffered_body", "FRONTEND"): {"hrsp_4xx": "1", "hrsp_other": "0"},
    ("client_leaves_buffered_body", "BACKEND"): {"hrsp_4xx": "1", "hrsp_other": "0"},
    ("answer_rejected", "s"): {"hrsp_2xx": "1", "req_tot": "1"},
    ("f_rejected_in_front", "FRONTEND"): {"req_tot": "1"},
    ("interim_answer", "s"): {"req_tot": "1"},
    ("empty_answers", "s"): {"wretr": "2"},
    ("empty_answers", "BACKEND"): {"wretr": "2"},
    ("retried_statuses", "s"): {"wretr": "2"},
    ("retried_statuses", "BACKEND"): {"wretr": "2"},
}


class Terminations(Case):
    maxDiff = None

    def test_as_haproxy(self):
        """Scenarios in which something differs are played again, by fresh programs: a stalled host does not upset them each time."""
        names = os.environ["ONLY"].split(",") if os.environ.get("ONLY") else [name for name, _, _ in scenarios]
        for turn in range(4):
            wrong = self.differences(names, at_once=1 if turn else 6)
            if not wrong or len(wrong) > 20:  # so many are no accident
                break
            names = list(wrong)
            print(f"differ: {', '.join(names)}")
        self.assertEqual("\n".join(text for texts in wrong.values() for text in texts), "")

    def differences(self, names, at_once):
        """{scenario: texts} of what is not as it should be when these are played."""
        seen, counters, problems = {}, {}, []
        newer = version_of(under_test()) >= (3, 5)
        stages = [Stage(oracle(), 0), Stage(under_test(), 1)]

        def act(index, name, _, play_it):
            if name not in names:
                return
            try:
                count = play_it(stages[index], name) or 1
                seen[index, name] = sorted(stages[index].lines(name, count))
            except Exception as problem:  # a thread has nobody to raise to
                seen[index, name] = [f"{type(problem).__name__}: {problem}"]

        def play(index):
            stage = stages[index]
            try:
                stage.proxy.start()
                with concurrent.futures.ThreadPoolExecutor(at_once) as pool:  # most of them mostly wait
                    list(pool.map(lambda scenario: act(index, *scenario), scenarios))
                counters[index] = stage.counters()
            except Exception as problem:
                problems.append(f"{stage.proxy.program}: {problem!r}")
        threads = [threading.Thread(target=play, args=(index,)) for index in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for stage in stages:
            stage.stop()
        self.assertEqual(problems, [])
        self.assertIsNone(stages[1].proxy.crashed())
        wrong = {}
        for name in names:
            theirs, ours = seen[0, name], seen[1, name]
            if os.environ.get("SHOW"):
                print(name, *("   " + line for line in theirs), *([] if theirs == ours else ["   OURS " + line for line in ours]), sep="\n")
            expected = INTENDED.get(name, theirs) if newer else theirs
            if ours != expected:
                wrong.setdefault(name, []).append("\n".join([f"{name}: wanted", *expected, "but ours are", *ours]))
        for key, theirs in counters[0].items():
            scenario_of = next(name for name, _, _ in scenarios if key[0] in (name, "f_" + name))
            if scenario_of not in names:
                continue
            for name, value in theirs.items():
                ours = counters[1][key][name]
                expected = INTENDED_COUNTS.get(key, {}).get(name, value) if newer else value
                if ours != expected:
                    wrong.setdefault(scenario_of, []).append(f"{'/'.join(key)} {name}: haproxy {value!r}, ours {ours!r}")
        return wrong


if __name__ == "__main__":
    main()
