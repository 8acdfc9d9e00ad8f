// ReplyTemplate: an answer sluice makes itself (errors, return, deny, redirect, errorfile ...), prepared when the
// configuration is built. Immutable, any worker; texts that depend on the request are log formats.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::expr {
class LogFormat;
struct Scope;
}

namespace sluice::proxy {

class Exchange;

class ReplyTemplate {
 public:
  ReplyTemplate();
  ~ReplyTemplate();
  ReplyTemplate(ReplyTemplate&&) noexcept;

  struct Header {
    std::string name;
    std::string value;                            // used if there is no format
    std::unique_ptr<const expr::LogFormat> format;
  };

  std::uint16_t status = 200;
  std::string reason;                             // empty: the usual one
  std::vector<Header> leading_headers;            // those of a rule (`hdr`): before content-length and content-type
  std::vector<Header> headers;                    // content-length and connection are added when it is sent
  std::string content_type;                       // empty: none
  std::string body;
  std::unique_ptr<const expr::LogFormat> body_format;  // lf-string, lf-file
  bool has_length = false;                        // `headers` say where content-length stands
  bool silent = false;                            // an empty error file: close without a word

  // The page of a status as it is built in; made once.
  static const ReplyTemplate& built_in(int status);
  // Reads a file that holds a whole HTTP response (errorfile). The error is a text for the user.
  static std::shared_ptr<const ReplyTemplate> from_file(const std::string& path, int status, std::string& error);
  static std::shared_ptr<const ReplyTemplate> from_text(std::string_view text, int status, std::string& error);
};

}  // namespace sluice::proxy
