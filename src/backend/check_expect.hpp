// What `tcp-check expect` and `http-check expect` have in common: their options (manual), and how a match becomes a
// Finding. The matches themselves stand in check/tcp_check.cpp and check/httpchk.cpp.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "backend/check.hpp"
#include "backend/check_builder.hpp"
#include "expr/log_format.hpp"

namespace sluice::backend {

struct ExpectOptions {
  bool negated = false;
  int min_recv = -1;
  std::string comment;
  std::optional<CheckCode> on_pass, on_fail;
  CheckCode on_timeout = CheckCode::L7TOUT;
  std::shared_ptr<const expr::LogFormat> success_text, error_text;
  std::shared_ptr<const expr::Expression> status;

  // Reads up to the match's name, which it gives without '!'; null: diagnosed.
  const config::Word* read(CheckBuilder& in, config::Line& line, std::string& match);
  // The options that stand behind the pattern.
  bool read_rest(CheckBuilder& in, config::Line& line);
  void apply_to(Expectation& expectation) const {
    expectation.on_timeout = on_timeout;
    expectation.on_empty = on_fail.value_or(CheckCode::L7RSP);
  }
  Finding passed(const CheckRun& run, std::string info, int status_code) const;
  Finding failed(const CheckRun& run, CheckCode code, std::string info, int status_code) const;

 private:
  bool read_option(CheckBuilder& in, config::Line& line, std::string_view name, bool& known);
  int status_of(const CheckRun& run, int otherwise) const;
};

}  // namespace sluice::backend
