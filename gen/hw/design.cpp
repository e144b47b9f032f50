#include "hw/design.h"

#include <mutex>

#include "hw/check.h"
#include "hw/module_builder.h"

namespace offramp::hw {

namespace {

/// Deep enough for any real hierarchy; a generator that instantiates ever new configurations of itself is
/// stopped here.
constexpr std::size_t max_nesting = 256;

/// Tokens live until the program ends, which is what lets a handle say that its design is gone. A handle
/// stays trivially copyable that way (docs/decisions/0006-handles-outlive-designs.md).
ModuleToken* make_token(Module* module, const std::string& name, SourceLoc loc) {
  static std::mutex guard;
  static std::deque<ModuleToken> tokens;
  const std::lock_guard<std::mutex> hold(guard);
  tokens.push_back({module, name, loc});
  return &tokens.back();
}

}  // namespace

Design::Design() = default;

Design::~Design() {
  for (Module& m : modules_) m.token->module = nullptr;
}

Design::Building::Building(Design& design, Module& m, std::shared_ptr<const void> config,
                           std::type_index type)
    : design_(design) {
  design_.open_.push_back({&m, std::move(config), type});
}

Design::Building::~Building() {
  design_.open_.pop_back();
}

void Design::refuse_recursion(const Module& outer, SourceLoc loc) {
  throw DesignError(
      "HW0020",
      "module '" + outer.name +
          "' contains itself; end the recursion with a smaller configuration that has no instance",
      loc, {{"the module that contains it is built here", outer.loc}});
}

Module& Design::start(const std::string& name, SourceLoc loc) {
  if (open_.size() >= max_nesting) refuse_recursion(*open_.back().module, loc);
  Module& m = modules_.emplace_back();
  m.design = this;
  m.token = make_token(&m, name, loc);
  m.name = name;
  m.loc = loc;
  m.scopes.emplace_back().loc = loc;
  return m;
}

ModuleBuilder& Design::builder_of(Module& m) {
  return *builders_.emplace_back(std::make_unique<ModuleBuilder>(*this, m));
}

void Design::finish(Module& m) {
  m.frozen = true;
  finished_.push_back(&m);
}

const Module& Design::add_module(const std::string& name, const std::function<void(ModuleBuilder&)>& build,
                                 SourceLoc loc) {
  for (const Open& o : open_) {
    if (o.config == nullptr && o.module->name == name) refuse_recursion(*o.module, loc);
  }
  Module& m = start(name, loc);
  const Building building(*this, m, nullptr, typeid(void));
  build(builder_of(m));
  finish(m);
  return m;
}

const Module* Design::find(const std::string& name) const {
  for (const Module* m : finished_) {
    if (m->name == name) return m;
  }
  return nullptr;
}

void Design::require_clean() const {
  Diagnostics found = check(*this);
  std::erase_if(found, [](const Diagnostic& d) { return d.severity != Severity::error; });
  if (!found.empty()) throw DesignError(std::move(found));
}

}  // namespace offramp::hw
