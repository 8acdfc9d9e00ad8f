"""The configurations the proxies run with. sluice gets haproxy's, word for word."""


def servers_of(options, origin):
    count = options.get("servers", 1)
    if count == 1:
        return [f"127.0.0.1:{origin}"]
    # One origin listens on every loopback address, so each of these is a server of its own to the proxy.
    return [f"127.1.{i // 250}.{i % 250 + 1}:{origin}" for i in range(count)]


ROUTE_BACKENDS = 8


def route_map(options):
    """The file of keys and values a routing map is read from."""
    return "".join(f"/route{i}/ b{i % ROUTE_BACKENDS}\n" for i in range(options["map"]))


REWRITES = (
    "http-request set-header X-Forwarded-Proto http", "http-request set-header X-Forwarded-Host %[req.hdr(host)]",
    "http-request set-header X-Forwarded-Port %[dst_port]", "http-request set-header X-Real-IP %[src]",
    "http-request set-header X-Proxy edge", "http-request del-header X-Debug", "http-request set-header Host inner.example",
    "http-response set-header X-Frame-Options SAMEORIGIN", "http-response set-header X-Content-Type-Options nosniff",
    "http-response del-header X-Powered-By",
)
NGINX_REWRITES = (
    "proxy_set_header X-Forwarded-Proto http;", "proxy_set_header X-Forwarded-Host $host;",
    "proxy_set_header X-Forwarded-Port $server_port;", "proxy_set_header X-Real-IP $remote_addr;",
    "proxy_set_header X-Proxy edge;", 'proxy_set_header X-Debug "";', "proxy_set_header Host inner.example;",
    "add_header X-Frame-Options SAMEORIGIN;", "add_header X-Content-Type-Options nosniff;", "proxy_hide_header X-Powered-By;",
)


def haproxy(options, port, origin, sink, splice=False, map_file=None):
    mode = options.get("mode", "http")
    text = ["global", "    nbthread 1", f"    maxconn {options.get('maxconn', 4000)}"]
    if options.get("log"):
        text += [f"    log 127.0.0.1:{sink} local0"]
    text += ["", "defaults", f"    mode {mode}",
             "    timeout connect 5s", "    timeout client 60s", "    timeout server 60s"]
    if options.get("log"):
        text += ["    log global", "    option httplog"]
    if options.get("keep") == "none":
        text += ["    option httpclose"]
    if options.get("keep") == "client":
        text += ["    option http-server-close"]
    if splice:
        text += ["    option splice-request", "    option splice-response"]
    text += ["", "frontend in", f"    bind 127.0.0.1:{port}"]
    if options.get("rewrites"):
        text += ["    " + line for line in REWRITES]
    rules = options.get("rules", 0)
    if map_file:
        text += [f"    use_backend %[path,map_beg({map_file})]"]
        for i in range(ROUTE_BACKENDS):
            text += ["", f"backend b{i}", f"    server s 127.0.0.1:{origin}"]
    elif rules:
        test = "path_reg ^/route%d/[0-9]+$" if options.get("regex") else "path_beg /route%d/"
        text += [f"    acl is_route{i} {test % i}" for i in range(rules)]
        text += [f"    use_backend b{i % ROUTE_BACKENDS} if is_route{i}" for i in range(rules)]
        for i in range(ROUTE_BACKENDS):
            text += ["", f"backend b{i}", f"    server s 127.0.0.1:{origin}"]
    else:
        text += ["    default_backend out", "", "backend out", f"    balance {options.get('balance', 'roundrobin')}"]
        text += [f"    server s{i} {address}" for i, address in enumerate(servers_of(options, origin))]
    return "\n".join(text) + "\n"


def nginx(options, port, origin, sink, folder, root):
    tcp = options.get("mode") == "tcp"
    text = ["daemon off;", "worker_processes 1;", f"pid {folder}/nginx.pid;", "error_log /dev/null crit;"]
    if root:
        text += ["user root;"]  # the temporary folder is ours alone
    if tcp:
        text += ["load_module /usr/lib/nginx/modules/ngx_stream_module.so;"]
    text += ["events { worker_connections 17000; }"]
    if tcp:
        text += ["stream {", f"  server {{ listen 127.0.0.1:{port}; tcp_nodelay on; proxy_pass 127.0.0.1:{origin}; }}", "}"]
        return "\n".join(text) + "\n"
    text += ["http {", "  keepalive_requests 1000000000;", "  proxy_http_version 1.1;"]
    text += [f"  {kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")]
    text += [f"  access_log syslog:server=127.0.0.1:{sink};" if options.get("log") else "  access_log off;"]
    text += [f"  keepalive_timeout {0 if options.get('keep') == 'none' else 60};"]
    keep_server = "keep" not in options
    rules = options.get("rules", 0)
    addresses = servers_of(options, origin)
    for name in [f"b{i}" for i in range(ROUTE_BACKENDS)] if rules else ["out"]:
        text += [f"  upstream {name} {{"]
        if options.get("balance") == "leastconn":
            text += ["    least_conn;"]
        text += [f"    server {address};" for address in addresses]
        if keep_server:
            text += [f"    keepalive {max(256, len(addresses) + 24)};", "    keepalive_requests 1000000000;"]
        text += ["  }"]
    text += ["  server {", f"    listen 127.0.0.1:{port};"]
    if keep_server:
        text += ['    proxy_set_header Connection "";']
    if options.get("rewrites"):
        text += ["    " + line for line in NGINX_REWRITES]
    if rules:
        place = "~ ^/route%d/[0-9]+$" if options.get("regex") else "/route%d/"
        text += [f"    location {place % i} {{ proxy_pass http://b{i % ROUTE_BACKENDS}; }}" for i in range(rules)]
    else:
        text += ["    location / { proxy_pass http://out; }"]
    text += ["  }", "}"]
    return "\n".join(text) + "\n"
