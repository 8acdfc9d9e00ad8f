// Parameters of bind and server lines, keywords, fetches and converters that HAProxy has and this version has not, so that they are called what they are
// and not taken for misspelt ones.
#pragma once
#include <string>
#include <string_view>

namespace sluice::config {

// What `word` waits for, as a sentence's end: "TLS is not there yet"; empty if it is none of them.
std::string_view waits_for(std::string_view word);

// The same of an unknown first word of a line, or the first two.
std::string_view keyword_waits_for(std::string_view keyword);

// The same of an unknown fetch or converter.
std::string_view sample_waits_for(std::string_view name);

}  // namespace sluice::config
