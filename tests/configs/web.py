"""Real HTTP servers for the tutorials' backends."""
import http.server
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

from program import listening, wait_until


class WebServer:
    """Python's own HTTP server. Answers every request with its name; keeps what it was asked."""

    def __init__(self, host, port, name):
        self.host, self.port, self.name = host, port, name
        self.lock = threading.Lock()
        self.asked = []      # (method, path, headers) of requests that are no health checks
        self.checked = []    # those to a health path
        self.healthy = True
        self.cookies = []    # Set-Cookie values of every answer
        self.word = "OK"     # the end of every answer
        self.gate = None     # an Event: answers wait for it
        self.busy = 0
        self.busiest = 0
        self.server = None

    def start(self):
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with web.lock:
                    web.open.append(self.connection)

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except OSError:
                    self.close_connection = True

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                check = "health" in self.path or self.path in ("/ping", "/index.jsp", "/index.php") or self.command == "OPTIONS"
                with web.lock:
                    (web.checked if check else web.asked).append((self.command, self.path, self.headers))
                    web.busy += not check
                    web.busiest = max(web.busiest, web.busy)
                if web.gate is not None and not check:
                    web.gate.wait(20)
                status = 200 if web.healthy or not check else 500
                text = f"{web.name} {self.path} {len(body)} {web.word}\n".encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(text)))
                self.send_header("X-Server", web.name)
                for cookie in web.cookies:
                    self.send_header("Set-Cookie", cookie)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(text)
                with web.lock:
                    web.busy -= not check

            do_GET = do_POST = do_HEAD = do_OPTIONS = do_PUT = do_DELETE = answer

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 256
            daemon_threads = True
            allow_reuse_address = True

            def server_bind(self):  # HTTPServer's looks its own name up in DNS
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                self.socket.bind(self.server_address)
                self.server_name, self.server_port = self.server_address[:2]

            def handle_error(self, *_):
                pass

        self.open = []
        self.server = Server((self.host, self.port), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self):
        """As if the machine's process had been killed: nobody listens, open connections end."""
        if self.server is None:
            return
        self.server.shutdown()
        self.server.server_close()
        self.server = None
        with self.lock:
            for connection in self.open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def header(self, name):
        with self.lock:
            return [headers.get(name) for _, _, headers in self.asked]


class Nginx:
    """nginx: Python's test servers cannot be accused of leniency then.

    With `files` it serves them. Without, it answers everything with its name and the target, and its health pages with
    OK or, when it is ill, with 500. `cookies` come with the answers to /login."""

    SEEN = "$request|$http_host|$http_x_forwarded_for|$http_cookie|$http_connection|$http_user_agent"
    CHECKED = SEEN + "|$http_x_haproxy_server_state|$content_length"

    def __init__(self, host, port, files=None, name="nginx", cookies=()):
        self.host, self.port, self.name, self.process = host, port, name, None
        self.folder = tempfile.mkdtemp(prefix="sluice-nginx-")
        os.chmod(self.folder, 0o755)
        root = os.path.join(self.folder, "www")
        os.makedirs(root)
        for path, text in (files or {}).items():
            full = os.path.join(root, path.lstrip("/"))
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
        os.chmod(root, 0o755)
        cookies = " ".join(f'add_header Set-Cookie "{cookie}";' for cookie in cookies)
        echo = "" if files is not None else f"""default_type text/plain;
    location / {{ return 200 "$request_method $request_uri of {name}\\n"; }}
    location /login {{ add_header X-Server {name}; {cookies} return 200 "welcome\\n"; }}
    location ~ "health|/ping$|/index[.][a-z]+$" {{
      access_log {self.folder}/checks.log checked;
      if (!-f {self.folder}/healthy) {{ return 500 "ill\\n"; }}
      return 200 "OK\\n"; }}"""
        with open(os.path.join(self.folder, "nginx.conf"), "w", encoding="utf-8") as file:
            file.write(f"""
daemon off; master_process off; pid {self.folder}/pid; error_log {self.folder}/error.log; worker_processes 1;
events {{ worker_connections 512; }}
http {{ log_format seen '{self.SEEN}'; log_format checked '{self.CHECKED}'; access_log {self.folder}/access.log seen; client_body_temp_path {self.folder}/b;
  proxy_temp_path {self.folder}/p; fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
  server {{ listen {host}:{port}; root {root}; add_header X-Server {name};
    {echo} }} }}
""")
        self.heal()

    def start(self):
        program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
        self.process = subprocess.Popen([program, "-c", self.folder + "/nginx.conf", "-e", self.folder + "/error.log"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: listening(self.host, self.port), 10, "nginx listening")
        return self

    def heal(self):
        with open(self.folder + "/healthy", "w", encoding="ascii"):
            pass

    def sicken(self):
        os.unlink(self.folder + "/healthy")

    def seen(self, log="access.log"):
        """What it was asked: [request line, Host, X-Forwarded-For, Cookie, Connection, User-Agent]; - for what was not there."""
        try:
            with open(f"{self.folder}/{log}", encoding="utf-8") as file:
                return [line.rstrip("\n").split("|") for line in file]
        except FileNotFoundError:
            return []

    def checked(self):
        return self.seen("checks.log")

    def forget(self):
        for log in ("access.log", "checks.log"):
            if os.path.exists(f"{self.folder}/{log}"):
                os.truncate(f"{self.folder}/{log}", 0)

    def kill(self):
        """As if the machine had crashed: nobody listens, open connections end."""
        if self.process:
            # One that comes just before nginx goes to sleep is not seen until something else wakes it.
            for _ in range(30):
                self.process.send_signal(signal.SIGTERM)
                try:
                    self.process.wait(1)
                    break
                except subprocess.TimeoutExpired:
                    continue
            else:
                raise AssertionError("nginx does not end")
            self.process = None

    def stop(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
