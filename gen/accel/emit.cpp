#include <fmt/format.h>

#include <algorithm>

#include "accel/accelerator.h"
#include "accel/images.h"
#include "accel/load_script.h"
#include "accel/registers.h"
#include "accel/share.h"
#include "accel/top.h"
#include "accel/weight_image.h"
#include "blocks/packed_array.h"
#include "blocks/weight_bank.h"
#include "hw/hw.h"

namespace offramp::accel {
namespace {

class ProbeList {
 public:
  void add(const std::string& name, const std::string& instance, const std::string& module,
           const std::string& signal, int bits) {
    probes_.push_back({.name = name,
                       .path = instance.empty() ? signal : instance + "." + signal,
                       .module = module,
                       .signal = signal,
                       .bits = bits});
  }
  void add_engine(const std::string& name, const std::string& instance, const EngineConfig& c) {
    const int aw = c.sequencer.format.address_bits;
    const auto probe = [&](const char* key, const char* signal, int bits) {
      add(name + "." + key, instance, c.name, signal, bits);
    };
    probe("write_valid", "write_valid", 1);
    probe("write_layer", "layer", c.sequencer.layer_bits());
    probe("write_address", "write_address", aw);
    probe("write_lane_mask", "write_lane_mask", c.shape.lanes);
    probe("write_lane_step", "out_lane_step", aw);
    probe("write_column_mask", "write_column_mask", c.shape.columns);
    probe("write_data", "write_data", c.shape.lanes * c.shape.columns * c.data_bits);
    probe("logit_valid", "logit_valid", 1);
    probe("logit_exit", "exit", c.sequencer.format.exit_bits);
    probe("logit_first", "write_address",
          aw);  // logits count their classes where activations have an address
    probe("logit_data", "logit_data", c.shape.columns * c.logit_bits);
    probe("layer_done", "layer_done", 1);
  }
  void add_decision(const std::string& name, const std::string& instance, const blocks::DecisionUnit& d) {
    const auto probe = [&](const char* key, const char* signal, int bits) {
      add(name + "." + key, instance, d.name(), signal, bits);
    };
    probe("done", "finished", 1);
    probe("done_exit", "exit_q", d.exit_bits);
    probe("done_class", "top_class_q", blocks::index_bits(d.classes));
    if (!d.with_sums) return;
    probe("done_margin", "margin", d.logit_bits + 1);
    probe("done_sum_exp", "sum_exp_q", d.sum_bits());
    probe("done_sum_weighted", "sum_weighted_q", d.entropy_bits());
    probe("done_confident", "sure", 1);
  }
  [[nodiscard]] std::vector<Probe> take() { return std::move(probes_); }

 private:
  std::vector<Probe> probes_;
};

/// The network's decision tables as long as those of any network of the hardware. The lines are the same for
/// all; behind the network's own exponentials there are zeros.
fixed::DecisionTables widest_tables(const Accelerator& accelerator) {
  fixed::DecisionTables tables = accelerator.network.decision;
  for (const Accelerator& a : accelerator.also) {
    const fixed::DecisionTables& other = a.network.decision;
    tables.exp_table.resize(std::max(tables.exp_table.size(), other.exp_table.size()), 0);
    if (other.line_base.size() <= tables.line_base.size()) continue;
    tables.line_base = other.line_base;
    tables.line_slope = other.line_slope;
  }
  tables.wexp_table.resize(tables.exp_table.size(), 0);
  return tables;
}

std::vector<TopPort> ports_of(const hw::Module& module) {
  std::vector<TopPort> ports;
  for (const hw::Id id : module.ports) {
    const hw::Decl& decl = module.decls[id];
    ports.push_back({.name = decl.name,
                     .input = decl.kind == hw::DeclKind::input,
                     .bits = static_cast<int>(decl.type.width.constant().value())});
  }
  return ports;
}

/// The text of a hand-written module. Throws std::logic_error for one that no block brings.
std::string_view external_text(const std::string& file) {
  if (file.ends_with("dsp_mac_pair.v")) return blocks::dsp_mac_pair_verilog();
  throw std::logic_error("no text for the external module of " + file);
}

}  // namespace

Emitted emit(const Accelerator& accelerator) {
  Emitted out;
  out.top = top_name(accelerator);
  hw::Design design;
  design.add(Top{.module_name = out.top, .accelerator = &accelerator});
  design.require_clean();
  for (const hw::Module* module : design.modules()) {
    const std::string file = "rtl/" + module->name + ".v";
    out.files[file] =
        module->external.empty() ? hw::print_verilog(*module) : std::string(external_text(module->external));
    out.rtl.push_back(file);
  }

  out.ports = ports_of(*design.find(out.top));

  ProbeList probes;
  probes.add("sample.start", "", out.top, "sample_start", 1);
  probes.add("sample.stop", "", out.top, "sample_stop", 1);
  if (accelerator.engines.front().images > 1) {
    for (const char* event : {"sample_park", "group_start", "final_start"})
      probes.add(std::string("control.") + event, "", out.top, event, 1);
  }
  if (accelerator.options.prune) {
    const int layer_bits = engine_config(accelerator, 0, out.top).sequencer.layer_bits();
    probes.add("activity.known", "", out.top, "activity_known", 1);
    probes.add("activity.sum", "", out.top, "activity", fixed::SkipRule::kLevelBits);
    probes.add("activity.layer", "", out.top, "activity_layer", layer_bits);
  }
  for (int e = 0; accelerator.options.watch.hold && e + 1 < hardware_exits(accelerator); ++e) {
    const std::string signal = fmt::format("threshold_now_{}", e);
    probes.add("watch." + signal, "", out.top, signal, fixed::DecisionTables::kThresholdBits);
  }
  for (std::size_t i = 0; i < accelerator.engines.size(); ++i) {
    const EngineConfig config = engine_config(accelerator, i, out.top);
    const std::string& name = accelerator.engines[i].name;
    out.files.merge(engine_images(accelerator, accelerator.engines[i], config));
    probes.add_engine(name, i == 0 ? "u_backbone" : "u_" + name + ".u_engine", config);
    probes.add_decision(i == 0 ? "decision" : name + "_decision",
                        i == 0 ? "u_decision" : "u_" + name + ".u_decision",
                        decision_unit(accelerator, static_cast<int>(i)));
  }
  if (hardware_exits(accelerator) > 1)
    out.files.merge(decision_images(widest_tables(accelerator), "mem/decision"));
  for (std::size_t n = 0; !accelerator.also.empty() && n <= accelerator.also.size(); ++n) {
    const Accelerator network = seen_from(accelerator, n);
    out.files["networks/" + identifier(network.network) + ".load"] = load_text(network);
  }
  if (accelerator.engines.front().beat_bits > 0) out.files["mem/weights.bin"] = weight_image(accelerator);
  out.probes = probes.take();
  return out;
}

}  // namespace offramp::accel
