// Hand-written modules (rtl/prim): the description that generators instantiate must be what the file says.
#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string_view>

#include "hw/check.h"

namespace offramp::hw {

namespace {

/// Words and symbols of Verilog, without comments and attributes.
std::vector<std::string> tokens_of(std::string_view text) {
  std::vector<std::string> tokens;
  const auto word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$';
  };
  const auto skip_to = [&](std::string_view end) {
    const auto at = text.find(end);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + end.size());
  };
  while (!text.empty()) {
    if (std::isspace(static_cast<unsigned char>(text[0])) != 0) {
      text.remove_prefix(1);
    } else if (text.starts_with("//") || text.starts_with("`")) {
      skip_to("\n");
    } else if (text.starts_with("/*")) {
      skip_to("*/");
    } else if (text.starts_with("(*") && !text.starts_with("(*)")) {
      skip_to("*)");
    } else if (text[0] == '"') {
      const auto end = text.find('"', 1);
      const auto length = end == std::string_view::npos ? text.size() : end + 1;
      tokens.emplace_back(text.substr(0, length));
      text.remove_prefix(length);
    } else if (word(text[0])) {
      std::size_t n = 1;
      while (n < text.size() && word(text[n])) ++n;
      tokens.emplace_back(text.substr(0, n));
      text.remove_prefix(n);
    } else {
      tokens.emplace_back(1, text[0]);
      text.remove_prefix(1);
    }
  }
  return tokens;
}

struct Header {
  bool found = false;
  std::set<std::string> parameters;
  std::map<std::string, std::string> ports;  ///< name, "input signed [W-1:0]"
};

/// Parameters and ports of an ANSI module header.
Header header_of(std::string_view text, const std::string& module) {
  Header h;
  const auto tokens = tokens_of(text);
  std::size_t i = 0;
  while (i + 1 < tokens.size() && !(tokens[i] == "module" && tokens[i + 1] == module)) ++i;
  if (i + 1 >= tokens.size()) return h;
  h.found = true;
  i += 2;
  // Entries of a parenthesized list; brackets of any kind nest.
  const auto list = [&](const auto& entry) {
    std::vector<std::string> words;
    int depth = 0;
    for (++i; i < tokens.size(); ++i) {
      const std::string& t = tokens[i];
      if (depth == 0 && (t == "," || t == ")")) {
        if (!words.empty()) entry(words);
        words.clear();
        if (t == ")") break;
        continue;
      }
      if (t == "(" || t == "[" || t == "{") ++depth;
      if (t == ")" || t == "]" || t == "}") --depth;
      words.push_back(t);
    }
    ++i;
  };
  if (i < tokens.size() && tokens[i] == "#") {
    ++i;
    list([&](const std::vector<std::string>& words) {
      const auto equals = std::find(words.begin(), words.end(), "=");
      if (equals != words.begin()) h.parameters.insert(*(equals - 1));
    });
  }
  if (i < tokens.size() && tokens[i] == "(") {
    std::string before;  // `input a, b` repeats what stands before a
    list([&](const std::vector<std::string>& words) {
      std::string kind;
      for (std::size_t w = 0; w + 1 < words.size(); ++w) {
        if (words[w] == "wire" || words[w] == "reg") continue;
        const bool spaced =
            words[w] == "input" || words[w] == "output" || words[w] == "inout" || words[w] == "signed";
        kind += words[w] + (spaced ? " " : "");
      }
      if (kind.empty()) kind = before;
      h.ports[words.back()] = before = kind;
    });
  }
  return h;
}

}  // namespace

Diagnostics check_external(const Module& m, const CheckOptions& options) {
  Diagnostics found;
  const auto report = [&](std::string message, SourceLoc at, Severity severity = Severity::error) {
    found.push_back({"HW0023",
                     severity,
                     std::move(message),
                     at,
                     {{"the description of '" + m.name + "' is here", m.loc}}});
  };
  const std::string file = "'" + m.external + "'";
  if (!options.external_text) {
    report(
        "the ports of '" + m.name + "' were not compared with " + file + "; pass CheckOptions::external_text",
        m.loc, Severity::note);
    return found;
  }
  const auto text = options.external_text(m.external);
  if (!text) {
    report("hand-written module '" + m.name + "': there is no file " + file, m.loc);
    return found;
  }
  const Header h = header_of(*text, m.name);
  if (!h.found) {
    report("file " + file + " holds no module '" + m.name + "'", m.loc);
    return found;
  }
  const auto missing = [&](const char* what, const std::string& name, SourceLoc at) {
    report(std::string(what) + " '" + name + "' is described but is not in " + file +
               "; remove it, or add it there",
           at);
  };
  std::vector<std::string> described;
  for (const auto& p : m.params) {
    described.push_back(p->name);
    if (!h.parameters.contains(p->name)) missing("parameter", p->name, p->loc);
  }
  for (const auto& p : m.string_params) {
    described.push_back(p.name);
    if (!h.parameters.contains(p.name)) missing("parameter", p.name, p.loc);
  }
  for (const Id id : m.ports) {
    const Decl& d = m.decls[id];
    described.push_back(d.name);
    const auto it = h.ports.find(d.name);
    if (it == h.ports.end()) {
      missing("port", d.name, d.loc);
      continue;
    }
    std::string expected = d.kind == DeclKind::input ? "input " : "output ";
    if (d.type.is_signed()) expected += "signed ";
    if (!(d.type.width == IntExpr(1))) {
      std::string range = "[" + (d.type.width - 1).verilog(true) + ":0]";
      std::erase(range, ' ');
      expected += range;
    }
    if (it->second != expected) {
      report("port '" + d.name + "' is '" + it->second + "' in " + file + " but is described as '" +
                 expected + "'",
             d.loc);
    }
  }
  const auto undescribed = [&](const char* what, const std::string& name) {
    if (std::find(described.begin(), described.end(), name) != described.end()) return;
    report(std::string(what) + " '" + name + "' of " + file + " is not described; declare it in build()",
           m.loc);
  };
  for (const auto& name : h.parameters) undescribed("parameter", name);
  for (const auto& [name, kind] : h.ports) undescribed("port", name);
  return found;
}

}  // namespace offramp::hw
