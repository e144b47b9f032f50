// Names are printed as they were given, so they must be Verilog identifiers, no keywords (of SystemVerilog
// either, since tools may read the files as such), and one name must mean one thing in a scope and in the
// scopes around it.
#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string_view>

#include "hw/check.h"

namespace offramp::hw {

namespace {

const std::set<std::string_view>& reserved_words() {
  static const std::set<std::string_view> words = {"accept_on",
                                                   "alias",
                                                   "always",
                                                   "always_comb",
                                                   "always_ff",
                                                   "always_latch",
                                                   "and",
                                                   "assert",
                                                   "assign",
                                                   "assume",
                                                   "automatic",
                                                   "before",
                                                   "begin",
                                                   "bind",
                                                   "bins",
                                                   "binsof",
                                                   "bit",
                                                   "break",
                                                   "buf",
                                                   "bufif0",
                                                   "bufif1",
                                                   "byte",
                                                   "case",
                                                   "casex",
                                                   "casez",
                                                   "cell",
                                                   "chandle",
                                                   "checker",
                                                   "class",
                                                   "clocking",
                                                   "cmos",
                                                   "config",
                                                   "const",
                                                   "constraint",
                                                   "context",
                                                   "continue",
                                                   "cover",
                                                   "covergroup",
                                                   "coverpoint",
                                                   "cross",
                                                   "deassign",
                                                   "default",
                                                   "defparam",
                                                   "design",
                                                   "disable",
                                                   "dist",
                                                   "do",
                                                   "edge",
                                                   "else",
                                                   "end",
                                                   "endcase",
                                                   "endchecker",
                                                   "endclass",
                                                   "endclocking",
                                                   "endconfig",
                                                   "endfunction",
                                                   "endgenerate",
                                                   "endgroup",
                                                   "endinterface",
                                                   "endmodule",
                                                   "endpackage",
                                                   "endprimitive",
                                                   "endprogram",
                                                   "endproperty",
                                                   "endsequence",
                                                   "endspecify",
                                                   "endtable",
                                                   "endtask",
                                                   "enum",
                                                   "event",
                                                   "eventually",
                                                   "expect",
                                                   "export",
                                                   "extends",
                                                   "extern",
                                                   "final",
                                                   "first_match",
                                                   "for",
                                                   "force",
                                                   "foreach",
                                                   "forever",
                                                   "fork",
                                                   "forkjoin",
                                                   "function",
                                                   "generate",
                                                   "genvar",
                                                   "global",
                                                   "highz0",
                                                   "highz1",
                                                   "if",
                                                   "iff",
                                                   "ifnone",
                                                   "ignore_bins",
                                                   "illegal_bins",
                                                   "implements",
                                                   "implies",
                                                   "import",
                                                   "incdir",
                                                   "include",
                                                   "initial",
                                                   "inout",
                                                   "input",
                                                   "inside",
                                                   "instance",
                                                   "int",
                                                   "integer",
                                                   "interconnect",
                                                   "interface",
                                                   "intersect",
                                                   "join",
                                                   "join_any",
                                                   "join_none",
                                                   "large",
                                                   "let",
                                                   "liblist",
                                                   "library",
                                                   "local",
                                                   "localparam",
                                                   "logic",
                                                   "longint",
                                                   "macromodule",
                                                   "matches",
                                                   "medium",
                                                   "modport",
                                                   "module",
                                                   "nand",
                                                   "negedge",
                                                   "nettype",
                                                   "new",
                                                   "nexttime",
                                                   "nmos",
                                                   "nor",
                                                   "noshowcancelled",
                                                   "not",
                                                   "notif0",
                                                   "notif1",
                                                   "null",
                                                   "or",
                                                   "output",
                                                   "package",
                                                   "packed",
                                                   "parameter",
                                                   "pmos",
                                                   "posedge",
                                                   "primitive",
                                                   "priority",
                                                   "program",
                                                   "property",
                                                   "protected",
                                                   "pull0",
                                                   "pull1",
                                                   "pulldown",
                                                   "pullup",
                                                   "pulsestyle_ondetect",
                                                   "pulsestyle_onevent",
                                                   "pure",
                                                   "rand",
                                                   "randc",
                                                   "randcase",
                                                   "randsequence",
                                                   "rcmos",
                                                   "real",
                                                   "realtime",
                                                   "ref",
                                                   "reg",
                                                   "reject_on",
                                                   "release",
                                                   "repeat",
                                                   "restrict",
                                                   "return",
                                                   "rnmos",
                                                   "rpmos",
                                                   "rtran",
                                                   "rtranif0",
                                                   "rtranif1",
                                                   "s_always",
                                                   "s_eventually",
                                                   "s_nexttime",
                                                   "s_until",
                                                   "s_until_with",
                                                   "scalared",
                                                   "sequence",
                                                   "shortint",
                                                   "shortreal",
                                                   "showcancelled",
                                                   "signed",
                                                   "small",
                                                   "soft",
                                                   "solve",
                                                   "specify",
                                                   "specparam",
                                                   "static",
                                                   "string",
                                                   "strong",
                                                   "strong0",
                                                   "strong1",
                                                   "struct",
                                                   "super",
                                                   "supply0",
                                                   "supply1",
                                                   "sync_accept_on",
                                                   "sync_reject_on",
                                                   "table",
                                                   "tagged",
                                                   "task",
                                                   "this",
                                                   "throughout",
                                                   "time",
                                                   "timeprecision",
                                                   "timeunit",
                                                   "tran",
                                                   "tranif0",
                                                   "tranif1",
                                                   "tri",
                                                   "tri0",
                                                   "tri1",
                                                   "triand",
                                                   "trior",
                                                   "trireg",
                                                   "type",
                                                   "typedef",
                                                   "union",
                                                   "unique",
                                                   "unique0",
                                                   "unsigned",
                                                   "until",
                                                   "until_with",
                                                   "untyped",
                                                   "use",
                                                   "uwire",
                                                   "var",
                                                   "vectored",
                                                   "virtual",
                                                   "void",
                                                   "wait",
                                                   "wait_order",
                                                   "wand",
                                                   "weak",
                                                   "weak0",
                                                   "weak1",
                                                   "while",
                                                   "wildcard",
                                                   "wire",
                                                   "with",
                                                   "within",
                                                   "wor",
                                                   "xnor",
                                                   "xor"};
  return words;
}

bool is_identifier(std::string_view name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) != 0) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
}

class Names {
 public:
  Names(const Module& m, Diagnostics& found) : m_(m), found_(found), scopes_(m.scopes.size()) {}

  void add(Id scope, const std::string& name, SourceLoc loc) {
    check(name, loc);
    for (Id s = scope; s != none; s = m_.scopes[s].parent) {
      const auto it = scopes_[s].find(name);
      if (it == scopes_[s].end()) continue;
      found_.push_back(
          {"HW0006",
           Severity::error,
           "the name '" + name + "' is used twice in module '" + m_.name + "'; rename one of them",
           loc,
           {{"first used here", it->second}}});
      return;
    }
    scopes_[scope].emplace(name, loc);
  }

  void check(const std::string& name, SourceLoc loc) {
    if (!is_identifier(name)) {
      found_.push_back(
          {"HW0006",
           Severity::error,
           "'" + name + "' is not a Verilog identifier; use letters, digits and _, not a digit first",
           loc,
           {}});
    } else if (reserved_words().contains(name)) {
      found_.push_back({"HW0006",
                        Severity::error,
                        "'" + name + "' is a reserved word of Verilog; choose another name",
                        loc,
                        {}});
    }
  }

 private:
  const Module& m_;
  Diagnostics& found_;
  std::vector<std::map<std::string, SourceLoc>> scopes_;
};

}  // namespace

Diagnostics check_names(const Design& design) {
  Diagnostics found;
  std::map<std::string, SourceLoc> modules;
  for (const Module* m : design.modules()) {
    Names names(*m, found);
    names.check(m->name, m->loc);
    if (const auto [it, fresh] = modules.try_emplace(m->name, m->loc); !fresh) {
      found.push_back({"HW0006",
                       Severity::error,
                       "two different modules are named '" + m->name +
                           "'; put what differs into name(), or into parameters",
                       m->loc,
                       {{"the other one is built here", it->second}}});
    }
    for (const auto& p : m->params) names.add(0, p->name, p->loc);
    for (const auto& p : m->string_params) names.add(0, p.name, p.loc);
    // A formal block is no scope of Verilog: its names live around it.
    const auto home = [&](Id s) {
      while (m->scopes[s].kind == ScopeKind::formal) s = m->scopes[s].parent;
      return s;
    };
    // Outer names first, so that the inner use is the one reported.
    std::vector<std::pair<Id, std::pair<std::string, SourceLoc>>> all;
    for (const auto& d : m->decls) all.push_back({home(d.scope), {d.name, d.loc}});
    for (const auto& u : m->instances) all.push_back({home(u.scope), {u.name, u.loc}});
    std::set<Id> else_scopes;
    for (Id s = 0; s < m->scopes.size(); ++s) {
      for (const auto& i : m->scopes[s].items) {
        if (i.kind == ItemKind::localparam) all.push_back({home(s), {i.localparam->name, i.localparam->loc}});
        if (i.kind == ItemKind::property) {
          const Property& p = m->properties[i.index];
          all.push_back({home(s), {p.name, p.loc}});
        }
        // Both branches of one generate_if may have one label.
        if (i.else_scope != none && m->scopes[i.else_scope].label == m->scopes[i.index].label) {
          else_scopes.insert(i.else_scope);
        }
      }
    }
    for (Id s = 1; s < m->scopes.size(); ++s) {
      const Scope& scope = m->scopes[s];
      if (scope.kind == ScopeKind::formal) continue;
      if (!else_scopes.contains(s)) all.push_back({home(scope.parent), {scope.label, scope.loc}});
      if (scope.kind == ScopeKind::loop) all.push_back({home(scope.parent), {scope.genvar->name, scope.loc}});
    }
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [scope, entry] : all) names.add(scope, entry.first, entry.second);
  }
  return found;
}

}  // namespace offramp::hw
