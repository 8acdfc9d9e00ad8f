#include "admin/stats_html.hpp"

#include "admin/stats_action.hpp"
#include "base/version.hpp"
#include "config/setting/proxy.hpp"

namespace sluice::admin {
namespace {

constexpr std::string_view style = R"(
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#667;--line:#d8dee4;--head:#f3f5f8;--up:#c8f0c8;--going:#fff0a8;--down:#ffb3b3;--maint:#e3c9a4;--drain:#b8d8ff;--none:#e8e8e8;--front:#e7eefb;--back:#e3ebf5}
@media(prefers-color-scheme:dark){:root{--bg:#15181c;--fg:#dde3ea;--dim:#9aa5b1;--line:#343b44;--head:#20252b;--up:#1f4d2b;--going:#5a4d12;--down:#6b2020;--maint:#57411f;--drain:#1f4468;--none:#33383f;--front:#202a3a;--back:#242e3b}}
body{margin:1.2em;background:var(--bg);color:var(--fg);font:13px/1.45 system-ui,sans-serif}
h1{font-size:1.35em;margin:0 0 .3em}h2{font-size:1.1em;margin:1.6em 0 .3em}h2 small,.dim{color:var(--dim);font-weight:normal}
a{color:inherit}.top{display:flex;flex-wrap:wrap;gap:.4em 2.5em}.top p{margin:.2em 0}
.key span,.st{padding:0 .5em;border-radius:3px}.msg{padding:.5em .8em;border-radius:4px;background:var(--down)}.msg.good{background:var(--up)}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:12px;font-variant-numeric:tabular-nums}
th,td{border:1px solid var(--line);padding:.15em .45em;text-align:right;white-space:nowrap}
th{background:var(--head);font-weight:600}td.l,th.l{text-align:left}tr.up td{background:var(--up)}tr.going td{background:var(--going)}
tr.down td{background:var(--down)}tr.maint td{background:var(--maint)}tr.drain td,tr.nolb td{background:var(--drain)}tr.nocheck td{background:var(--none)}
tr.frontend td,tr.socket td{background:var(--front)}tr.backend td{background:var(--back);font-weight:600}tr.frontend td.l{font-weight:600}
.s-up{background:var(--up)}.s-going{background:var(--going)}.s-down{background:var(--down)}.s-maint{background:var(--maint)}.s-drain{background:var(--drain)}.s-none{background:var(--none)}
)";

enum At : std::size_t {  // positions of columns (management 9.1)
  svname = 1, qcur, qmax, scur, smax, slim, stot, bin, bout, dreq, dresp, ereq, econ, eresp, wretr, wredis, status, weight, act, bck,
  chkfail, chkdown, lastchg, downtime, qlimit, throttle = 29, lbtot = 30, rate = 33, rate_lim = 34, rate_max = 35,
  check_status = 36, check_code = 37, check_duration = 38, hrsp_1xx = 39, req_rate = 46, req_tot = 48, lastsess = 55, last_chk = 56,
  qtime = 58, ctime, rtime, ttime, check_desc = 65, addr = 73, cookie = 74, mode = 75, algo = 76, conn_rate = 77, conn_tot = 79,
  intercepted = 80, connect = 84, reuse = 85, srv_icur = 88,
};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

// 1234567 -> "1 234 567" with narrow spaces that do not break; what is no number stays as it is.
std::string grouped(const std::string& digits) {
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) return escaped(digits);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) out += "\u202f";
    out += digits[i];
  }
  return out;
}

// "5s", "2m03s", "3h15m", "4d2h"; "?" for -1.
std::string age(const std::string& seconds_text) {
  if (seconds_text.empty()) return {};
  const std::int64_t s = std::strtoll(seconds_text.c_str(), nullptr, 10);
  if (s < 0) return "?";
  if (s < 60) return fmt::format("{}s", s);
  if (s < 3600) return fmt::format("{}m{}s", s / 60, s % 60);
  if (s < 86400) return fmt::format("{}h{}m", s / 3600, s / 60 % 60);
  return fmt::format("{}d{}h", s / 86400, s / 3600 % 24);
}

void cell(std::string& out, const std::string& content, std::string_view title = {}) {
  out += title.empty() ? "<td>" : fmt::format("<td title=\"{}\">", escaped(title));
  out += content;
  out += "</td>";
}
void number(std::string& out, const Row& row, std::size_t position, std::string_view title = {}) {
  cell(out, grouped(cell_text(row, position)), title);
}
void numbers(std::string& out, const Row& row, std::initializer_list<At> positions) {
  for (const At position : positions) number(out, row, position);
}

// The class that colours the row.
std::string_view kind_of(const Row& row, const std::string& state) {
  if (row.listener) return "socket";
  if (row.frontend) return "frontend";
  if (!row.server) return "backend";
  if (state.starts_with("MAINT")) return "maint";
  if (state.starts_with("DRAIN")) return "drain";
  if (state.starts_with("NOLB")) return "nolb";
  if (state == "UP") return "up";
  if (state == "DOWN") return "down";
  return state == "no check" ? "nocheck" : "going";
}

std::string sessions_detail(const Row& row) {
  std::string out = fmt::format("Sessions: {}", cell_text(row, stot));
  if (cell_text(row, mode) != "http") return out;
  if (const std::string requests = cell_text(row, req_tot); !requests.empty()) out += fmt::format("\nHTTP requests: {}", requests);
  constexpr std::string_view names[] = {"1xx", "2xx", "3xx", "4xx", "5xx", "other"};
  for (std::size_t i = 0; i < std::size(names); ++i) out += fmt::format("\n- {}: {}", names[i], cell_text(row, hrsp_1xx + i));
  if (row.frontend) return out + fmt::format("\nIntercepted: {}", cell_text(row, intercepted));
  return out + fmt::format("\nAverages over the last 1024: queue {} ms, connect {} ms, response {} ms, total {} ms", cell_text(row, qtime),
                           cell_text(row, ctime), cell_text(row, rtime), cell_text(row, ttime));
}

std::string last_check(const Row& row) {
  const std::string code = cell_text(row, check_status);
  if (code.empty()) return {};
  const std::string http = cell_text(row, check_code), took = cell_text(row, check_duration);
  return escaped(code) + (http.empty() ? "" : "/" + http) + (took.empty() ? "" : " in " + took + "ms");
}
std::string check_detail(const Row& row) {
  const std::string what = cell_text(row, check_desc), info = cell_text(row, last_chk);
  return what + (info.empty() ? "" : ": " + info);
}

// What `stats show-legends` adds to a name.
std::string legend(const Row& row) {
  if (!row.legends) return {};
  std::string out = fmt::format("id: {}", row.listener ? row.listener->id : row.server ? row.server->id() : row.proxy_id());
  const auto add = [&](std::string_view label, std::size_t position) {
    if (const std::string text = cell_text(row, position); !text.empty()) out += fmt::format(", {}: {}", label, text);
  };
  add("mode", mode);
  add("address", addr);
  add("cookie", cookie);
  add("balance", algo);
  if (row.frontend && !row.listener)
    for (const proxy::Bind& bind : row.frontend->binds)
      for (const proxy::Bind::Where& where : bind.places) out += fmt::format(", bind: {}", where.address.text());
  return out;
}

void append_name(const StatsView& view, const Row& row, std::string& out) {
  if (view.admin) {
    out += "<td>";
    if (row.server) out += fmt::format("<input type=\"checkbox\" name=\"s\" value=\"{}\">", escaped(row.server->name()));
    out += "</td>";
  }
  const std::string name = row.listener   ? escaped(cell_text(row, svname))
                           : row.frontend ? "Frontend"
                           : row.server   ? escaped(row.server->name())
                                          : "Backend";
  const std::string title = legend(row);
  const std::string link = escaped(row.proxy_name()) + "/" + name;
  out += fmt::format("<td class=\"l\" title=\"{}\"><a id=\"{}\" href=\"#{}\">{}</a></td>", escaped(title), link, link, name);
}

void append_modules(const Row& row, std::string& out) {
  cell(out, row.frontend ? grouped(cell_text(row, conn_tot)) : grouped(cell_text(row, connect)),
       row.frontend ? "Connections accepted" : "Connections opened");
  cell(out, row.frontend ? grouped(cell_text(row, conn_rate)) : grouped(cell_text(row, reuse)),
       row.frontend ? "Connections of the last second" : "Requests over a connection that was there");
  cell(out, row.frontend ? grouped(cell_text(row, req_rate)) : grouped(cell_text(row, srv_icur)),
       row.frontend ? "Requests of the last second" : "Idle connections");
}

void link_line(std::string& out, const StatsView& view, StatsRequest changed, std::string_view label) {
  out += fmt::format(" <a href=\"{}{}\">{}</a> ", escaped(view.page.uri), escaped(view_options(changed)), label);
}
void export_link(std::string& out, const StatsView& view, std::string_view option, std::string_view label) {
  out += fmt::format(" <a href=\"{}{}{}\">{}</a> ", escaped(view.page.uri), option, escaped(view_options(view.request)), label);
}

void append_outcome(const StatsView& view, std::string& out) {
  if (view.request.outcome.empty()) return;
  const OutcomeText* const known = text_of_outcome(view.request.outcome);
  StatsRequest again = view.request;
  out += fmt::format("<p class=\"msg{}\">{}", known && known->good ? " good" : "", known ? known->text : "Unexpected result.");
  link_line(out, view, again, "[X]");
  out += "</p>\n";
}

void append_links(const StatsView& view, std::string& out) {
  StatsRequest changed = view.request;
  out += "<div><p>Display:";
  changed.hide_down = !changed.hide_down;
  link_line(out, view, changed, view.request.hide_down ? "show all servers" : "hide servers that are down");
  changed = view.request;
  changed.hide_maintenance = !changed.hide_maintenance;
  link_line(out, view, changed, view.request.hide_maintenance ? "show servers in maintenance" : "hide servers in maintenance");
  if (view.page.refresh.us > 0) {
    changed = view.request;
    changed.no_refresh = !changed.no_refresh;
    link_line(out, view, changed, view.request.no_refresh ? "enable refresh" : "disable refresh");
  }
  link_line(out, view, view.request, "refresh now");
  out += "</p><p>Export:";
  export_link(out, view, ";csv", "CSV");
  export_link(out, view, ";json", "JSON");
  export_link(out, view, ";typed", "typed");
  export_link(out, view, ";json-schema", "schema of the JSON");
  StatsRequest unscoped = view.request;
  unscoped.name_part.clear();
  out += fmt::format("</p><form method=\"get\" action=\"{}{}\"><label>Proxies named <input name=\"scope\" size=\"14\" maxlength=\"64\" value=\"{}\"></label></form></div>\n",
                     escaped(view.page.uri), escaped(view_options(unscoped)), escaped(view.request.name_part));
}

}  // namespace

void append_page_head(const StatsView& view, const World& world, Instant now, std::string& out) {
  const StatsPage& page = view.page;
  const std::string node = !page.show_node ? "" : escaped(page.node.empty() ? world.node : page.node);
  out += fmt::format("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Statistics Report for HAProxy{}</title>\n"
                     "<meta name=\"viewport\" content=\"width=device-width\"><link rel=\"icon\" href=\"data:,\">\n<style>",
                     node.empty() ? "" : " on " + node);
  out += style;
  out += "</style></head><body>\n<h1>";
  out += page.hide_version ? std::string("HAProxy") : fmt::format("HAProxy version {}, released {}", full_version(), version_date());
  out += "</h1>\n";
  out += fmt::format("<p class=\"dim\">Statistics report for pid {}{}{}</p>\n", ::getpid(), node.empty() ? "" : " on " + node,
                     page.show_description ? ": " + escaped(page.description.empty() ? world.description : page.description) : "");
  append_outcome(view, out);
  const std::int64_t up = (now - world.started).seconds();
  out += fmt::format("<div class=\"top\"><div><p><b>pid = </b> {} (process #1, nbthread = {})</p>"
                     "<p><b>uptime = </b> {}d {}h{:02}m{:02}s</p><p><b>system limits:</b> memmax = {}; ulimit-n = {}</p>"
                     "<p><b>maxconn = </b> {}; current conns = {}</p></div>\n",
                     ::getpid(), world.workers, up / 86400, up / 3600 % 24, up / 60 % 60, up % 60,
                     world.memory_limit_megabytes ? fmt::format("{} MB", world.memory_limit_megabytes) : "unlimited", world.descriptor_limit,
                     world.states.maxconn.load(), world.states.connections.load());
  out += "<div class=\"key\"><p><span class=\"s-up\">UP</span> <span class=\"s-going\">going UP or DOWN</span> "
         "<span class=\"s-down\">DOWN</span></p><p><span class=\"s-maint\">MAINT</span> <span class=\"s-drain\">DRAIN, NOLB</span> "
         "<span class=\"s-none\">not checked</span></p><p class=\"dim\">NOLB and DRAIN: UP, but no new sessions by balancing.</p></div>\n";
  append_links(view, out);
  out += "</div>\n";
}

void append_proxy_head(const StatsView& view, const Row& row, std::string& out) {
  const std::string name = escaped(row.proxy_name());
  out += fmt::format("<section><h2 id=\"{}\"><a href=\"#{}\">{}</a>", name, name, name);
  if (row.legends) out += fmt::format(" <small>{}, id {}, mode {}</small>", row.section()->kind_name(), row.proxy_id(), cell_text(row, mode));
  if (const std::string& said = (*row.section())[config::description]; !said.empty())
    out += fmt::format(" <span class=\"dim\">{}</span>", escaped(said));
  out += "</h2>\n";
  if (view.admin)
    out += fmt::format("<form method=\"post\" action=\"{}{}\">\n", escaped(view.page.uri), escaped(view_options(view.request)));
  out += "<div class=\"wide\"><table><thead><tr>";
  if (view.admin) out += "<th rowspan=\"2\"></th>";
  out += "<th rowspan=\"2\" class=\"l\">Name</th><th colspan=\"3\">Queue</th><th colspan=\"3\">Session rate</th><th colspan=\"6\">Sessions</th>"
         "<th colspan=\"2\">Bytes</th><th colspan=\"2\">Denied</th><th colspan=\"3\">Errors</th><th colspan=\"2\">Warnings</th>"
         "<th colspan=\"9\">Server</th>";
  if (view.page.show_modules) out += "<th colspan=\"3\">Connections</th>";
  out += "</tr><tr><th>Cur</th><th>Max</th><th>Limit</th><th>Cur</th><th>Max</th><th>Limit</th><th>Cur</th><th>Max</th><th>Limit</th>"
         "<th>Total</th><th>LbTot</th><th>Last</th><th>In</th><th>Out</th><th>Req</th><th>Resp</th><th>Req</th><th>Conn</th><th>Resp</th>"
         "<th>Retr</th><th>Redis</th><th class=\"l\">Status</th><th class=\"l\">LastChk</th><th>Wght</th><th>Act</th><th>Bck</th><th>Chk</th>"
         "<th>Dwn</th><th>Dwntme</th><th>Thrtle</th>";
  if (view.page.show_modules) out += "<th>New</th><th>Reuse, rate</th><th>Idle, req/s</th>";
  out += "</tr></thead><tbody>\n";
}

void append_page_row(const StatsView& view, const Row& row, std::string& out) {
  const std::string state = cell_text(row, status);
  out += fmt::format("<tr class=\"{}\">", kind_of(row, state));
  append_name(view, row, out);
  numbers(out, row, {qcur, qmax, qlimit, rate, rate_max, rate_lim, scur, smax, slim});
  number(out, row, stot, sessions_detail(row));
  number(out, row, lbtot);
  cell(out, age(cell_text(row, lastsess)));
  numbers(out, row, {bin, bout, dreq, dresp, ereq, econ, eresp, wretr, wredis});
  const std::string since = row.frontend ? "" : age(cell_text(row, lastchg)) + " ";
  out += fmt::format("<td class=\"l\">{}{}</td><td class=\"l\" title=\"{}\">{}</td>", since, escaped(state), escaped(check_detail(row)), last_check(row));
  numbers(out, row, {weight, act, bck, chkfail, chkdown});
  cell(out, age(cell_text(row, downtime)));
  number(out, row, throttle);
  if (view.page.show_modules) append_modules(row, out);
  out += "</tr>\n";
}

void append_proxy_foot(const StatsView& view, const Row& last, std::string& out) {
  out += "</tbody></table></div>\n";
  if (view.admin) {
    if (last.destination && !last.destination->backend->servers().empty()) {
      out += "<p>Choose the action to perform on the checked servers: <select name=\"action\"><option value=\"\"></option>";
      for (const StatsAction& action : stats_actions())
        if (!action.label.empty()) out += fmt::format("<option value=\"{}\">{}</option>", action.name, action.label);
      out += fmt::format("</select><input type=\"hidden\" name=\"b\" value=\"#{}\"> <input type=\"submit\" value=\"Apply\"></p>\n", last.proxy_id());
    }
    out += "</form>\n";
  }
  out += "</section>\n";
}

void append_page_foot(std::string& out) { out += "</body></html>\n"; }

}  // namespace sluice::admin
