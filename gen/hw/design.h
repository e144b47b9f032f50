#pragma once
// A design owns modules and never merges, renames or optimises them. The same generator type with an equal
// configuration is one module.
#include <any>
#include <concepts>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <typeindex>
#include <vector>

#include "hw/ir.h"

namespace offramp::hw {

class ModuleBuilder;

/// A plain config struct that can build its module.
template <class G>
concept Generator = std::equality_comparable<G> && std::copy_constructible<G> &&
    requires(const G& g, ModuleBuilder& m) {
  typename G::Ports;
  { g.name() } -> std::convertible_to<std::string>;
  { g.build(m) } -> std::same_as<typename G::Ports>;
};

class Design {
 public:
  Design();
  ~Design();
  Design(const Design&) = delete;
  Design& operator=(const Design&) = delete;

  /// Builds a generator and everything below it; an equal one that exists is returned.
  template <Generator G>
  const typename G::Ports& add(const G& g, SourceLoc loc = SourceLoc::here()) {
    return *static_cast<const typename G::Ports*>(entry(g, loc).ports.get());
  }
  /// The module of a generator, building it where needed.
  template <Generator G>
  const Module& module_of(const G& g, SourceLoc loc = SourceLoc::here()) {
    return *entry(g, loc).module;
  }
  /// Builds a module from a function: for one-off glue and tests.
  const Module& add_module(const std::string& name, const std::function<void(ModuleBuilder&)>& build,
                           SourceLoc loc = SourceLoc::here());

  /// Children first.
  [[nodiscard]] const std::vector<const Module*>& modules() const { return finished_; }
  [[nodiscard]] const Module* find(const std::string& name) const;
  /// Throws DesignError if a check reports an error.
  void require_clean() const;

 private:
  friend class ModuleBuilder;
  struct Entry {
    std::type_index type;
    std::shared_ptr<const void> config;
    Module* module = nullptr;
    std::shared_ptr<const void> ports;
  };

  /// A module that is being built, for as long as this lives.
  class Building {
   public:
    Building(Design& design, Module& m, std::shared_ptr<const void> config, std::type_index type);
    ~Building();
    Building(const Building&) = delete;
    Building& operator=(const Building&) = delete;

   private:
    Design& design_;
  };
  struct Open {
    const Module* module = nullptr;
    std::shared_ptr<const void> config;
    std::type_index type;
  };

  template <Generator G>
  const Entry& entry(const G& g, SourceLoc loc);
  Module& start(const std::string& name, SourceLoc loc);
  ModuleBuilder& builder_of(Module& m);
  void finish(Module& m);
  [[noreturn]] static void refuse_recursion(const Module& outer, SourceLoc loc);

  std::deque<Module> modules_;
  std::vector<std::unique_ptr<ModuleBuilder>> builders_;  // kept, so that a late call is a diagnostic
  std::vector<Open> open_;                                // outermost first
  std::deque<Entry> entries_;
  std::vector<const Module*> finished_;
};

}  // namespace offramp::hw
