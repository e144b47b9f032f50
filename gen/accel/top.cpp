#include "accel/top.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "accel/bus_attributes.h"
#include "accel/pruning.h"
#include "accel/registers.h"
#include "accel/setup.h"
#include "accel/share.h"
#include "accel/timing.h"
#include "accel/watch.h"
#include "accel/weight_image.h"
#include "accel/weight_store.h"
#include "blocks/axi_read_master.h"
#include "blocks/copies.h"
#include "blocks/group_control.h"
#include "blocks/load_port.h"
#include "blocks/network_setup.h"
#include "blocks/pipeline.h"
#include "blocks/result_queue.h"
#include "blocks/sample_control.h"
#include "blocks/stream_loader.h"
#include "blocks/weight_bank.h"
#include "blocks/weight_fetch.h"

namespace offramp::accel {
namespace {

using blocks::index_bits;

constexpr int kIdBits = 16;
constexpr int kNumberBits = 7;  // of the image since reset, in the result
constexpr int kClassBits = 16;  // in the result
constexpr int kMemoryAddressBits = 32;
constexpr int kBurstsInFlight = 32;

/// The backbone's layer that writes the map which an early exit's branch reads.
int tap_layer(const Accelerator& a, int exit) {
  const int tensor = quant::tap_of(a.network, exit);
  const auto& layers = a.engines.front().layers;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].output == tensor) return static_cast<int>(i);
  }
  throw std::logic_error("no backbone layer writes the tapped map");
}

/// Of early exit `e`, from its criterion's register: fixed::laxer_upwards.
hw::Value more_at_higher(hw::ModuleBuilder& m, const hw::Value& criterion, int e) {
  hw::Value at_lower = m.literal(hw::bit(), 0);
  for (const fixed::Criterion c : fixed::kCriteria) {
    if (!fixed::laxer_upwards(c)) at_lower = at_lower | (criterion == static_cast<int>(c));
  }
  return m.let(fmt::format("more_at_higher_{}", e), ~at_lower);
}

blocks::WeightFetch weight_fetch(const Accelerator& a, const EngineConfig& engine) {
  const WeightImage image = weight_image_shape(a);
  return {.engine = top_name(a),
          .identification = image.identification,
          .resident_beats = static_cast<int>(image.resident_beats),
          .streamed_beats = static_cast<int>(image.streamed_beats),
          .group_beats = static_cast<int>(image.group_beats),
          .images = a.engines.front().images,
          .data_bits = engine.beat_bits,
          .address_bits = kMemoryAddressBits,
          .beats_bits = EngineConfig::kBeatsBits};
}

/// The read master's channels become ports of the top.
void connect_memory(hw::ModuleBuilder& m, auto& u) {
  auto out = [&](const hw::Out& port, const std::string& name) {
    const auto top_port = m.output("m_axi_" + name, port.type());
    m.drive(top_port, u.out(port, "read_" + name));
  };
  auto in = [&](const hw::In& port, const std::string& name) {
    u.in(port, m.input("m_axi_" + name, port.type()));
  };
  out(u.ports.araddr, "araddr");
  out(u.ports.arlen, "arlen");
  out(u.ports.arsize, "arsize");
  out(u.ports.arburst, "arburst");
  out(u.ports.arcache, "arcache");
  out(u.ports.arprot, "arprot");
  out(u.ports.arvalid, "arvalid");
  in(u.ports.arready, "arready");
  in(u.ports.rdata, "rdata");
  in(u.ports.rresp, "rresp");
  in(u.ports.rlast, "rlast");
  in(u.ports.rvalid, "rvalid");
  out(u.ports.rready, "rready");
}

int base_of(const EnginePlan& engine, int tensor) {
  for (const TensorLayout& t : engine.tensors) {
    if (t.tensor == tensor) return t.base;
  }
  throw std::logic_error("tensor is not stored in this engine");
}

}  // namespace

std::string top_name(const Accelerator& accelerator) {
  return identifier(accelerator.network) + "_" + to_string(accelerator.options.strategy);
}

bool serves_early_exits(const Accelerator& accelerator) {
  for (const Accelerator* a : networks_of(accelerator)) {
    const auto& layers = a->engines.front().layers;
    if (std::count_if(layers.begin(), layers.end(), [](const LayerPlan& l) { return l.exit >= 0; }) > 1)
      return true;
  }
  return false;
}

blocks::DecisionUnit decision_unit(const Accelerator& accelerator, int engine) {
  const auto& plan = accelerator.engines[static_cast<std::size_t>(engine)];
  const bool sums = engine > 0 || serves_early_exits(accelerator);
  std::size_t table_words = 0;
  for (const Accelerator* a : networks_of(accelerator)) {
    table_words = std::max(table_words, a->network.decision.exp_table.size());
  }
  return {.prefix = top_name(accelerator) + (engine == 0 ? "" : "_" + plan.name) + "_decision",
          .files = "mem/decision",
          .classes = most_classes(accelerator),
          .logit_bits = plan.logit_bits,
          .columns = plan.shape.columns,
          .table_words = static_cast<int>(table_words),
          .base2_shift = accelerator.network.decision.base2_shift,
          .exit_bits = index_bits(most_exits(accelerator)),
          .with_sums = sums && most_exits(accelerator) > 1,
          .with_bin = sums && accelerator.options.watch.histogram,
          .loaded = !accelerator.also.empty()};
}

Top::Ports Top::build(hw::ModuleBuilder& m) const {
  const Accelerator& a = *accelerator;
  const EnginePlan& backbone = a.engines.front();
  const int exits = hardware_exits(a);
  const int network_exits = most_exits(a);
  const int class_bits = index_bits(most_classes(a));
  const bool loaded = !a.also.empty();  // tables and numbers of another network can be
  const std::string strategy = to_string(a.options.strategy);
  m.doc(fmt::format("{} with {} exits: samples in, one result a sample out.", a.network.name, strategy));
  const int aw = element_address_bits(backbone);

  Ports p;
  p.ck = m.clocking({.clk = "ap_clk", .rst_n = "ap_rst_n"});
  const hw::Type word_t = hw::uint(32);
  const std::vector<Register> map = register_map(a);
  const hw::Type axi_address_t = hw::uint(address_bits(map));
  const auto s_tdata =
      m.input("s_axis_tdata", hw::uint(8 * a.stream_bytes), "pixels in (row, column, channel) order");
  const auto s_tvalid = m.input("s_axis_tvalid", hw::bit());
  const auto s_tready = m.output("s_axis_tready", hw::bit());
  const auto s_tlast = m.input("s_axis_tlast", hw::bit());
  const auto s_tuser = m.input("s_axis_tuser", hw::uint(kIdBits), "sample ID, taken with the first beat");
  const auto m_tdata = m.output("m_axis_tdata", word_t,
                                "bit 31: error, exit and class mean nothing; the image's number since "
                                "reset in [30:24], exit in [23:16], class in [15:0]");
  const auto m_tvalid = m.output("m_axis_tvalid", hw::bit());
  const auto m_tready = m.input("m_axis_tready", hw::bit());
  const auto m_tlast = m.output("m_axis_tlast", hw::bit());
  const auto m_tuser = m.output("m_axis_tuser", hw::uint(kIdBits), "the sample's ID");
  const auto awaddr = m.input("s_axi_awaddr", axi_address_t);
  const auto awvalid = m.input("s_axi_awvalid", hw::bit());
  const auto awready = m.output("s_axi_awready", hw::bit());
  const auto wdata = m.input("s_axi_wdata", word_t);
  const auto wstrb = m.input("s_axi_wstrb", hw::uint(4));
  const auto wvalid = m.input("s_axi_wvalid", hw::bit());
  const auto wready = m.output("s_axi_wready", hw::bit());
  const auto bresp = m.output("s_axi_bresp", hw::uint(2));
  const auto bvalid = m.output("s_axi_bvalid", hw::bit());
  const auto bready = m.input("s_axi_bready", hw::bit());
  const auto araddr = m.input("s_axi_araddr", axi_address_t);
  const auto arvalid = m.input("s_axi_arvalid", hw::bit());
  const auto arready = m.output("s_axi_arready", hw::bit());
  const auto rdata = m.output("s_axi_rdata", word_t);
  const auto rresp = m.output("s_axi_rresp", hw::uint(2));
  const auto rvalid = m.output("s_axi_rvalid", hw::bit());
  const auto rready = m.input("s_axi_rready", hw::bit());
  const auto interrupt = m.output("irq", hw::bit(), "level, until the interrupt status is cleared");

  m.section("Reset comes two cycles late everywhere: a part of the design has a copy of its own");
  auto reset_1q = m.reg("reset_1nq", hw::bit(), {.power_up = true});
  m.clocked({.clk = p.ck.clk, .rst_n = {}}, [&] { m.next(reset_1q, p.ck.rst_n); });
  auto ck_for = [&](const std::string& part) {
    auto copy = m.reg("reset_" + part + "_nq", hw::bit(), {.power_up = true, .keep = true});
    m.clocked({.clk = p.ck.clk, .rst_n = {}}, [&] { m.next(copy, reset_1q); });
    return blocks::with_reset(p.ck, copy);
  };
  const hw::Clocking ck_control = ck_for("control");

  auto sample_start = m.wire("sample_start", hw::bit());
  auto sample_stop = m.wire("sample_stop", hw::bit());
  auto exit_taken = m.wire("exit_taken", hw::uint(8));
  auto class_taken = m.wire("class_taken", hw::uint(class_bits));
  auto active = m.wire("active", hw::bit());
  const bool groups = backbone.images > 1;
  const int slot_bits = index_bits(backbone.images);
  hw::Value engine_start, release, slot, refetch, refetch_group;
  if (groups) {
    engine_start = m.wire("engine_start", hw::bit());
    release = m.wire("release_sample", hw::bit());
    slot = m.wire("slot", hw::uint(slot_bits));
    refetch = m.wire("refetch", hw::bit());
    refetch_group = m.wire("refetch_group", hw::bit());
  } else {
    engine_start = sample_start;
    release = sample_stop;
  }

  m.section("Control registers");
  auto u_regs =
      m.instance("u_registers", blocks::ControlRegisters{.map = map, .address_bits = address_bits(map)},
                 {.ck = ck_for("registers")});
  u_regs.in(u_regs.ports.awaddr, awaddr);
  u_regs.in(u_regs.ports.awvalid, awvalid);
  m.drive(awready, u_regs.out(u_regs.ports.awready, "awready"));
  u_regs.in(u_regs.ports.wdata, wdata);
  u_regs.in(u_regs.ports.wstrb, wstrb);
  u_regs.in(u_regs.ports.wvalid, wvalid);
  m.drive(wready, u_regs.out(u_regs.ports.wready, "wready"));
  m.drive(bresp, u_regs.out(u_regs.ports.bresp, "bresp"));
  m.drive(bvalid, u_regs.out(u_regs.ports.bvalid, "bvalid"));
  u_regs.in(u_regs.ports.bready, bready);
  u_regs.in(u_regs.ports.araddr, araddr);
  u_regs.in(u_regs.ports.arvalid, arvalid);
  m.drive(arready, u_regs.out(u_regs.ports.arready, "arready"));
  m.drive(rdata, u_regs.out(u_regs.ports.rdata, "rdata"));
  m.drive(rresp, u_regs.out(u_regs.ports.rresp, "rresp"));
  m.drive(rvalid, u_regs.out(u_regs.ports.rvalid, "rvalid"));
  u_regs.in(u_regs.ports.rready, rready);
  u_regs.in(u_regs.ports.idle, ~active);
  u_regs.in(u_regs.ports.event_result, sample_stop);
  u_regs.in(u_regs.ports.event_sample, sample_start);
  m.drive(interrupt, u_regs.out(u_regs.ports.interrupt, "interrupt_request"));
  const auto enable = u_regs.out(u_regs.ports.enable, "enable");

  m.section("Counters that the registers show");
  auto cycles_q = m.reg("cycles_q", hw::uint(64), {.reset = 0});
  auto samples_q = m.reg("samples_q", word_t, {.reset = 0});
  std::vector<hw::Reg> counts;
  for (int e = 0; e < exits; ++e)
    counts.push_back(m.reg(fmt::format("exit_count_{}q", e), word_t, {.reset = 0}));
  m.comment("Counted a cycle after the result, so that each counter has its own enable.");
  blocks::ResetShare count_resets(m, ck_control);
  m.clocked(count_resets.take(64), [&] { m.next(cycles_q, hw::add_wrap(cycles_q, 1)); });
  auto count_up = [&](const std::string& name, const hw::Reg& count, const hw::Value& mine) {
    auto counted_q = m.reg("count_" + name + "_q", hw::bit(), {.reset = 0, .keep = true});
    m.clocked(ck_control, [&] { m.next(counted_q, mine); });
    m.clocked(count_resets.take(32),
              [&] { m.when(counted_q, [&] { m.next(count, hw::add_wrap(count, 1)); }); });
  };
  count_up("samples", samples_q, sample_stop);
  for (int e = 0; e < exits; ++e) {
    // Which exit is the last of a static design is loaded with the network.
    const auto mine = exits == 1 && loaded ? static_cast<hw::Value>(sample_stop)
                                           : sample_stop & (exit_taken == (network_exits - exits + e));
    count_up(fmt::format("exit_{}", e), counts[static_cast<std::size_t>(e)], mine);
  }
  u_regs.in(u_regs.ports.shown.at("cycles"), cycles_q);
  u_regs.in(u_regs.ports.shown.at("samples"), samples_q);
  for (int e = 0; e < exits; ++e) {
    u_regs.in(u_regs.ports.shown.at(fmt::format("exit_count_{}", e)), counts[static_cast<std::size_t>(e)]);
  }

  m.section("Tables are filled over the control registers");
  std::vector<EngineConfig> configs;
  int load_bits = 0;
  for (std::size_t i = 0; i < a.engines.size(); ++i) {
    configs.push_back(engine_config(a, i, module_name));
    load_bits = std::max(load_bits, configs.back().load_bits);
  }
  auto u_load = m.instance("u_load_port", blocks::LoadPort{.data_bits = load_bits}, {.ck = ck_control});
  u_load.in(u_load.ports.data, u_regs.out(u_regs.ports.value.at("load_data"), "load_data"));
  u_load.in(u_load.ports.data_written, u_regs.out(u_regs.ports.written.at("load_data"), "load_data_written"));
  u_load.in(u_load.ports.address, u_regs.out(u_regs.ports.value.at("load_address"), "load_address"));
  u_load.in(u_load.ports.address_written,
            u_regs.out(u_regs.ports.written.at("load_address"), "load_address_written"));
  m.comment("Nothing is written while a sample could be under way.");
  const auto load_write =
      m.let("load_write", u_load.out(u_load.ports.write, "load_word_complete") & ~enable & ~active);
  const auto load_engine = u_load.out(u_load.ports.engine, "load_engine");
  const auto load_select = u_load.out(u_load.ports.select, "load_select");
  const auto load_word_address = u_load.out(u_load.ports.word_address, "load_word_address");
  const auto load_word = u_load.out(u_load.ports.word, "load_word");
  auto connect_load = [&](auto& u, int engine) {
    const int bits = configs[static_cast<std::size_t>(engine)].load_bits;
    u.in(u.ports.load.write, load_write & (load_engine == engine));
    u.in(u.ports.load.select, load_select);
    u.in(u.ports.load.address, load_word_address);
    u.in(u.ports.load.data, bits == load_bits ? load_word : hw::truncate(load_word, bits));
  };

  std::map<std::string, hw::Value> setup;  // numbers of the network that is loaded
  hw::Value setup_changed;
  if (loaded) {
    auto u_setup = m.instance("u_network_setup",
                              blocks::NetworkSetup{.prefix = module_name,
                                                   .fields = setup_fields(a),
                                                   .address_bits = blocks::LoadBus::kAddressBits,
                                                   .data_bits = load_bits},
                              {.ck = ck_for("setup")});
    u_setup.in(u_setup.ports.write, load_write & (load_engine == blocks::kSetupEngine) &
                                        (load_select == static_cast<int>(blocks::SetupTarget::values)));
    u_setup.in(u_setup.ports.address, load_word_address);
    u_setup.in(u_setup.ports.data, load_word);
    setup_changed = u_setup.out(u_setup.ports.changed, "setup_changed");
    for (const auto& [name, port] : u_setup.ports.value) setup[name] = u_setup.out(port, "setup_" + name);
  }

  m.section("Samples come in");
  const TensorLayout& in = backbone.tensors.front();
  const net::Shape& image = a.network.tensors.front().shape;
  const int row_elements = image.width * image.channels;
  int row_beats = 0;
  int rows = 0;
  for (const Accelerator* n : networks_of(a)) {
    const net::Shape& shape = n->network.tensors.front().shape;
    row_beats = std::max(row_beats, shape.width * shape.channels / a.stream_bytes);
    rows = std::max(rows, shape.height);
  }
  auto u_loader = m.instance("u_loader",
                             blocks::StreamLoader{.bytes = a.stream_bytes,
                                                  .row_beats = row_beats,
                                                  .rows = rows,
                                                  .row_step = in.row_pitch - row_elements + a.stream_bytes,
                                                  .address_bits = aw,
                                                  .first_place = in.base,
                                                  .second_place = in.base + backbone.input_second_place,
                                                  .data_bits = backbone.data_bits,
                                                  .id_bits = kIdBits,
                                                  .sequence_bits = kNumberBits,
                                                  .loaded = loaded},
                             {.ck = ck_for("loader")});
  if (loaded) {
    u_loader.in(u_loader.ports.restart, setup_changed);
    u_loader.in(u_loader.ports.last_beat, setup.at("last_beat"));
    u_loader.in(u_loader.ports.last_row, setup.at("last_row"));
    u_loader.in(u_loader.ports.row_step, setup.at("row_step"));
    u_loader.in(u_loader.ports.first_place, setup.at("first_place"));
    u_loader.in(u_loader.ports.second_place, setup.at("second_place"));
  }
  u_loader.in(u_loader.ports.tdata, s_tdata);
  hw::Value accepts;  // images, of designs for several networks
  if (loaded) {
    m.comment("The last number of another network arrives a few cycles after the write that starts it.");
    constexpr int kArrival = 5;
    const auto started = blocks::delayed(m, p.ck, "enable", enable, kArrival);
    accepts = m.let("accepts", enable & started);
  }
  u_loader.in(u_loader.ports.tvalid, loaded ? s_tvalid & accepts : static_cast<hw::Value>(s_tvalid));
  u_loader.in(u_loader.ports.tlast, s_tlast);
  u_loader.in(u_loader.ports.tuser, s_tuser);
  const auto input_ready = u_loader.out(u_loader.ports.tready, "input_ready");
  m.drive(s_tready, loaded ? input_ready & accepts : input_ready);
  u_loader.in(u_loader.ports.release_sample, release);
  const auto sample_ready = u_loader.out(u_loader.ports.ready, "sample_ready");
  const auto parity = u_loader.out(u_loader.ports.parity, "parity");
  const auto sample_id = u_loader.out(u_loader.ports.id, "sample_id");
  const auto tlast_error = u_loader.out(u_loader.ports.tlast_error, "tlast_error");

  m.section("The backbone");
  auto u_backbone = m.instance("u_backbone", Engine{configs.front()}, {.ck = ck_for("backbone")});
  u_backbone.in(u_backbone.ports.start, engine_start);
  hw::Value start_layer, last_image;
  if (groups) {
    start_layer = m.wire("start_layer", hw::uint(configs.front().sequencer.layer_bits()));
    last_image = m.wire("last_image", hw::uint(slot_bits));
    u_backbone.in(u_backbone.ports.start_layer, start_layer);
    u_backbone.in(u_backbone.ports.slot, slot);
    u_backbone.in(u_backbone.ports.last_image, last_image);
  }
  u_backbone.in(u_backbone.ports.flush, sample_stop);
  u_backbone.in(u_backbone.ports.parity, parity);
  connect_load(u_backbone, 0);
  if (loaded) u_backbone.in(u_backbone.ports.place_step, setup.at("place_step"));
  u_backbone.in(u_backbone.ports.outside_write, u_loader.out(u_loader.ports.write, "pixel_write"));
  u_backbone.in(u_backbone.ports.outside_address,
                u_loader.out(u_loader.ports.write_address, "pixel_write_address"));
  u_backbone.in(u_backbone.ports.outside_data, u_loader.out(u_loader.ports.write_data, "pixel_write_data"));
  u_backbone.in(u_backbone.ports.outside_lane_step, m.literal(hw::uint(aw), 0));
  u_backbone.in(u_backbone.ports.outside_lane_mask, m.literal(hw::bit(), 1));
  u_backbone.in(u_backbone.ports.outside_element_mask,
                m.literal(hw::uint(a.stream_bytes), (1 << a.stream_bytes) - 1));
  u_loader.in(u_loader.ports.write_ready, u_backbone.out(u_backbone.ports.outside_ready, "pixel_ready"));

  const EngineConfig& engine = configs.front();
  const auto backbone_idle = u_backbone.out(u_backbone.ports.idle, "backbone_idle");
  auto weight_error = m.wire("weight_error", hw::bit());
  hw::Value weights_bad = m.literal(hw::bit(), 0);
  hw::Value weights_ready = m.literal(hw::bit(), 1);
  hw::Value sample_wrong = m.literal(hw::bit(), 0);  // what is being computed used a wrong tile
  hw::Value memory_error = m.literal(hw::bit(), 0);
  hw::Value memory_response = m.literal(hw::uint(2), 0);
  if (engine.streams()) {
    m.section("Weights from external memory");
    auto u_fetch = m.instance("u_weight_fetch", weight_fetch(a, engine), {.ck = ck_for("weight_fetch")});
    auto u_master = m.instance("u_read_master",
                               blocks::AxiReadMaster{.address_bits = kMemoryAddressBits,
                                                     .data_bits = engine.beat_bits,
                                                     .burst_beats = weight_burst_beats(engine.beat_bits),
                                                     .outstanding = kBurstsInFlight,
                                                     .beats_bits = EngineConfig::kBeatsBits},
                               {.ck = ck_for("read_master")});
    connect_memory(m, u_master);
    const auto master_idle = u_master.out(u_master.ports.idle, "read_master_idle");
    m.unused(master_idle);
    const auto none = m.literal(hw::bit(), 0);
    u_master.in(u_master.ports.flush, none);
    u_master.in(u_master.ports.start, u_fetch.out(u_fetch.ports.start, "fetch_start"));
    u_master.in(u_master.ports.first_address, u_fetch.out(u_fetch.ports.first_address, "fetch_address"));
    u_master.in(u_master.ports.beats, u_fetch.out(u_fetch.ports.beats, "fetch_beats"));
    u_master.in(u_master.ports.room, u_fetch.out(u_fetch.ports.room, "fetch_room"));
    const auto address_written =
        u_regs.out(u_regs.ports.written.at("weights_address"), "weights_address_written");
    const auto fetched = u_master.out(u_master.ports.beat, "fetched");
    u_fetch.in(u_fetch.ports.beat, fetched);
    u_fetch.in(u_fetch.ports.data, u_master.out(u_master.ports.data, "fetched_data"));
    u_fetch.in(u_fetch.ports.last, u_master.out(u_master.ports.last, "fetched_last"));
    u_fetch.in(u_fetch.ports.error, u_master.out(u_master.ports.error, "fetched_error"));
    u_fetch.in(u_fetch.ports.address,
               u_regs.out(u_regs.ports.value.at("weights_address"), "weights_address"));
    u_fetch.in(u_fetch.ports.address_written, address_written);
    if (groups) {
      u_fetch.in(u_fetch.ports.restart, refetch);
      u_fetch.in(u_fetch.ports.restart_group, refetch_group);
      u_fetch.in(u_fetch.ports.restart_slot, slot);
    } else {
      m.comment("A sample that stops before its last layer leaves tiles that nobody wants.");
      u_fetch.in(u_fetch.ports.restart, sample_stop & ~backbone_idle);
    }
    u_fetch.in(u_fetch.ports.ring_room, u_backbone.out(u_backbone.ports.ring_room, "ring_room"));
    u_backbone.in(u_backbone.ports.ring_beat, u_fetch.out(u_fetch.ports.ring_beat, "ring_beat"));
    u_backbone.in(u_backbone.ports.ring_data, u_fetch.out(u_fetch.ports.ring_data, "ring_data"));
    u_backbone.in(u_backbone.ports.ring_error, u_fetch.out(u_fetch.ports.ring_error, "ring_error"));
    u_backbone.in(u_backbone.ports.ring_restart, u_fetch.out(u_fetch.ports.ring_restart, "ring_restart"));
    u_backbone.in(u_backbone.ports.ring_resident, u_fetch.out(u_fetch.ports.ring_resident, "ring_resident"));
    const auto tile_error = u_backbone.out(u_backbone.ports.tile_error, "tile_error");
    auto wrong_q = m.reg("sample_wrong_q", hw::bit(), {.reset = 0});
    auto memory_error_q = m.reg("memory_error_q", hw::bit(), {.reset = 0});
    m.clocked(ck_control, [&] {
      m.when(tile_error, [&] {
         m.next(wrong_q, 1);
         m.next(memory_error_q, 1);
       }).elsewhen(sample_stop, [&] { m.next(wrong_q, 0); });
    });
    m.comment("What the memory says where it fails tells a wrong address from a wrong image.");
    const auto fetched_response = u_master.out(u_master.ports.response, "fetched_response");
    auto response_q = m.reg("memory_response_q", hw::uint(2), {.reset = 0});
    m.clocked(p.ck, [&] {
      m.when(address_written, [&] {
         m.next(response_q, 0);
       }).elsewhen(fetched & (fetched_response != 0), [&] { m.next(response_q, fetched_response); });
    });
    memory_response = response_q;
    m.drive(weight_error, tile_error);
    weights_ready = u_fetch.out(u_fetch.ports.ready, "weights_ready");
    weights_bad = u_fetch.out(u_fetch.ports.bad, "weights_bad");
    sample_wrong = m.let("sample_wrong", wrong_q | weights_bad);
    memory_error = memory_error_q;
  } else {
    m.drive(weight_error, m.literal(hw::bit(), 0));
  }
  m.unused(weight_error);
  m.unused(backbone_idle);
  u_regs.in(u_regs.ports.shown.at("status"),
            hw::concat({memory_response, weights_ready, memory_error, weights_bad, tlast_error}));

  const blocks::DecisionUnit unit = decision_unit(a, 0);
  auto u_decision = m.instance("u_decision", unit, {.ck = ck_for("decision")});
  u_decision.in(u_decision.ports.flush, sample_stop);
  u_decision.in(u_decision.ports.valid, u_backbone.out(u_backbone.ports.logit_valid, "logit_valid"));
  const auto logit_exit = u_backbone.out(u_backbone.ports.logit_exit, "logit_exit");
  u_decision.in(u_decision.ports.exit, logit_exit);
  u_decision.in(u_decision.ports.logits, u_backbone.out(u_backbone.ports.logits, "logits"));
  u_backbone.in(u_backbone.ports.hold, u_decision.out(u_decision.ports.busy, "decision_busy"));
  if (loaded) {
    u_decision.in(u_decision.ports.last_class, setup.at("last_class"));
    if (unit.with_sums) {
      u_decision.in(u_decision.ports.base2_shift_i, setup.at("base2_shift"));
      u_decision.in(u_decision.ports.table_write,
                    load_write & (load_engine == blocks::kSetupEngine) &
                        (load_select == static_cast<int>(blocks::SetupTarget::exponential)));
      u_decision.in(u_decision.ports.table_address,
                    hw::truncate(load_word_address, index_bits(unit.table_words)));
      u_decision.in(u_decision.ports.table_data, hw::truncate(load_word, blocks::DecisionUnit::kTableW));
    }
  }
  const auto decision_done = u_decision.out(u_decision.ports.done, "decision_done");
  const auto decision_exit = u_decision.out(u_decision.ports.done_exit, "decision_exit");
  const auto decision_class = u_decision.out(u_decision.ports.done_class, "decision_class");

  std::vector<hw::Value> decided, confident, classes;  // an exit each
  auto threshold = [&](int e) {
    return u_regs.out(u_regs.ports.value.at(fmt::format("threshold_{}", e)), fmt::format("threshold_{}", e));
  };
  std::vector<hw::Value> thresholds;
  hw::Value criteria;
  for (int e = 0; e + 1 < exits; ++e) thresholds.push_back(threshold(e));
  std::vector<hw::Value> by_patience, patience;  // an early exit each
  if (exits > 1) criteria = u_regs.out(u_regs.ports.value.at("criterion"), "criterion");
  auto criterion_of = [&](int e) {
    return hw::part(criteria, e * fixed::kCriterionBits, fixed::kCriterionBits);
  };
  TopWatch watch(m, a, a.options.watch.any() ? ck_for("watch") : ck_control, u_regs,
                 {.active = active, .result = sample_stop, .exit = exit_taken});
  if (a.options.watch.hold) {
    std::vector<hw::Value> upwards;
    for (int e = 0; e + 1 < exits; ++e) upwards.push_back(more_at_higher(m, criterion_of(e), e));
    thresholds = watch.thresholds(thresholds, upwards);
  }
  for (int e = 0; e + 1 < exits; ++e) {
    constexpr int kRowW = blocks::DecisionPorts::kPatienceBits;
    const hw::Value& t = thresholds[static_cast<std::size_t>(e)];
    hw::Value by = criterion_of(e) == static_cast<int>(fixed::Criterion::patience);
    // The last exit of the network that is loaded is taken in any case.
    if (loaded) by = by & (setup.at("last_exit") != e);
    by_patience.push_back(m.let(fmt::format("by_patience_{}", e), by));
    const auto long_row = hw::any(hw::slice(t, fixed::DecisionTables::kThresholdBits - 1, kRowW));
    patience.push_back(hw::slice(t, kRowW - 1, 0) | hw::replicate(long_row, kRowW));
  }

  const bool prunes = a.options.prune;
  struct {
    hw::Value layer, last, write, address, lane_step, lane_mask, column_mask, data;
  } map_out;  // what the backbone writes, where something listens
  if (configs.front().tapped) {
    map_out.layer = u_backbone.out(u_backbone.ports.layer, "map_layer");
    map_out.last = u_backbone.out(u_backbone.ports.layer_done, "map_last");
    map_out.write = u_backbone.out(u_backbone.ports.write, "map_write");
    map_out.address = u_backbone.out(u_backbone.ports.write_address, "map_write_address");
    map_out.lane_step = u_backbone.out(u_backbone.ports.write_lane_step, "map_lane_step");
    map_out.lane_mask = u_backbone.out(u_backbone.ports.write_lane_mask, "map_lane_mask");
    map_out.column_mask = u_backbone.out(u_backbone.ports.write_column_mask, "map_column_mask");
    map_out.data = u_backbone.out(u_backbone.ports.write_data, "map_data");
    if (a.engines.size() == 1) {
      m.unused(map_out.address);
      m.unused(map_out.lane_step);
    }
  }
  std::map<int, hw::Value> tap_done, skip,
      skipped;  // by early exit: verdict known, what it is, it was passed over
  if (prunes) {
    m.section("How much stirs in the maps that branches read");
    const auto layer = map_out.layer;
    hw::Value is_signed = m.literal(hw::bit(), 0);
    for (int e = 0; e + 1 < exits; ++e) {
      if (a.network.tensors[static_cast<std::size_t>(quant::tap_of(a.network, e))].is_signed)
        is_signed = is_signed | (layer == tap_layer(a, e));
    }
    auto u_meter =
        m.instance("u_activity",
                   activity_meter(backbone.shape, backbone.data_bits, configs.front().sequencer.layer_bits()),
                   {.ck = ck_for("activity")});
    u_meter.in(u_meter.ports.flush, sample_stop);
    u_meter.in(u_meter.ports.write, map_out.write);
    u_meter.in(u_meter.ports.last, map_out.last);
    u_meter.in(u_meter.ports.is_signed, is_signed);
    u_meter.in(u_meter.ports.lane_mask, map_out.lane_mask);
    u_meter.in(u_meter.ports.column_mask, map_out.column_mask);
    u_meter.in(u_meter.ports.data, map_out.data);
    u_meter.in(u_meter.ports.layer, layer);
    const auto known = u_meter.out(u_meter.ports.valid, "activity_known");
    const auto activity = u_meter.out(u_meter.ports.sum, "activity");
    const auto of_layer = u_meter.out(u_meter.ports.of_layer, "activity_layer");
    for (int e = 0; e + 1 < exits; ++e) {
      constexpr int kLevelW = fixed::SkipRule::kLevelBits;
      const auto rule =
          u_regs.out(u_regs.ports.value.at(fmt::format("skip_{}", e)), fmt::format("skip_rule_{}", e));
      const auto level = hw::slice(rule, kLevelW - 1, 0);
      const auto hard = m.let(fmt::format("hard_{}", e),
                              hw::mux(hw::bit_of(rule, kLevelW), activity > level, activity < level));
      auto done_q = m.reg(fmt::format("tap_{}_done_q", e), hw::bit(), {.reset = 0});
      auto skip_q = m.reg(fmt::format("skip_{}q", e), hw::bit(), {.reset = 0});
      m.clocked(ck_control, [&] {
        m.next(done_q, known & (of_layer == tap_layer(a, e)) & ~sample_stop);
        m.when(known & (of_layer == tap_layer(a, e)), [&] { m.next(skip_q, hard); });
      });
      tap_done[e] = done_q;
      skip[e] = skip_q;
    }
  }
  if (configs.front().sequencer.format.branch_bits > 0) {
    const int exit_codes = 1 << configs.front().sequencer.format.exit_bits;
    std::vector<hw::Value> by_exit;  // the highest first
    for (int e = exit_codes - 1; e >= 0; --e)
      by_exit.push_back(skip.contains(e) ? skip.at(e) : m.literal(hw::bit(), 0));
    u_backbone.in(u_backbone.ports.skip, hw::concat(by_exit));
    const auto branch_skipped = u_backbone.out(u_backbone.ports.skipped, "branch_skipped");
    const auto branch_exit = u_backbone.out(u_backbone.ports.skipped_exit, "branch_exit");
    for (int e = 0; e + 1 < exits; ++e) {
      if (a.engine_of_exit(e) == 0)
        skipped[e] = m.let(fmt::format("skipped_{}", e), branch_skipped & (branch_exit == e));
    }
  }

  struct Verdict {
    hw::Value decided, confident, exit_class, bin;
  };
  std::map<int, Verdict> classifiers;  // by exit
  auto add_classifiers = [&] {
    m.section("Exit classifiers beside the backbone");
    const auto& [layer, layer_done, write, write_address, lane_step, lane_mask, column_mask, data] = map_out;
    for (std::size_t i = 1; i < a.engines.size(); ++i) {
      const EnginePlan& plan = a.engines[i];
      const int e = plan.layers.back().exit;
      const int tensor = plan.tensors.front().tensor;
      const auto writes_tap = m.let(fmt::format("writes_tap_{}", e), layer == tap_layer(a, e));
      auto u = m.instance("u_" + plan.name,
                          ExitClassifier{.module_name = module_name + "_" + plan.name,
                                         .engine = configs[i],
                                         .decision = decision_unit(a, static_cast<int>(i)),
                                         .tap_address_bits = aw,
                                         .tap_shift = base_of(plan, tensor) - base_of(backbone, tensor)},
                          {.ck = ck_for(plan.name)});
      if (prunes) {
        u.in(u.ports.start, tap_done.at(e) & ~skip.at(e));
        skipped[e] = m.let(fmt::format("skipped_{}", e), tap_done.at(e) & skip.at(e));
      } else {
        u.in(u.ports.start, layer_done & writes_tap);
      }
      u.in(u.ports.flush, sample_stop);
      connect_load(u, static_cast<int>(i));
      u.in(u.ports.tap_write, write & writes_tap);
      u.in(u.ports.tap_address, write_address);
      u.in(u.ports.tap_lane_step, lane_step);
      u.in(u.ports.tap_lane_mask, lane_mask);
      u.in(u.ports.tap_column_mask, column_mask);
      u.in(u.ports.tap_data, data);
      u.in(u.ports.criterion, criterion_of(e));
      u.in(u.ports.threshold, thresholds[static_cast<std::size_t>(e)]);
      classifiers[e] = {.decided = u.out(u.ports.decided, plan.name + "_decided"),
                        .confident = u.out(u.ports.confident, plan.name + "_confident"),
                        .exit_class = u.out(u.ports.exit_class, plan.name + "_class"),
                        .bin = {}};
      if (a.options.watch.histogram) classifiers[e].bin = u.out(u.ports.bin, plan.name + "_bin");
    }
  };

  if (a.engines.size() > 1) add_classifiers();
  hw::Value decision_confident = m.literal(hw::bit(), 0);
  if (serves_early_exits(a)) {
    hw::Value chosen_threshold = thresholds.front();
    hw::Value chosen_criterion = criterion_of(0);
    for (int e = 1; e + 1 < exits; ++e) {
      const auto mine = decision_exit == e;
      chosen_threshold = hw::mux(mine, thresholds[static_cast<std::size_t>(e)], chosen_threshold);
      chosen_criterion = hw::mux(mine, criterion_of(e), chosen_criterion);
    }
    u_decision.in(u_decision.ports.last_exit,
                  loaded ? logit_exit == setup.at("last_exit") : logit_exit == (exits - 1));
    u_decision.in(u_decision.ports.criterion, chosen_criterion);
    u_decision.in(u_decision.ports.threshold, chosen_threshold);
    decision_confident = u_decision.out(u_decision.ports.confident, "decision_confident");
  } else {
    m.unused(decision_exit);
  }
  for (int e = 0; e < exits; ++e) {
    if (exits > 1 && a.engine_of_exit(e) > 0) {
      const auto& c = classifiers.at(e);
      decided.push_back(c.decided);
      confident.push_back(c.confident);
      classes.push_back(c.exit_class);
      continue;
    }
    const bool last = e + 1 == exits;
    // The last exit is taken whatever its confidence.
    hw::Value sure = decision_confident;
    if (loaded && !last) sure = sure | (setup.at("last_exit") == e);
    decided.push_back(serves_early_exits(a) ? decision_done & (decision_exit == e) : decision_done);
    confident.push_back(last ? m.literal(hw::bit(), 0) : sure);
    classes.push_back(decision_class);
  }

  TopWatch::Decisions watched;
  if (a.options.watch.histogram) {
    const auto bin = unit.with_bin ? u_decision.out(u_decision.ports.bin, "decision_bin") : hw::Value{};
    for (int e = 0; e + 1 < exits; ++e) {
      watched.decided.push_back(decided[static_cast<std::size_t>(e)]);
      watched.bins.push_back(classifiers.contains(e) ? classifiers.at(e).bin : bin);
    }
  }

  std::vector<hw::Value> passed_over;
  for (int e = 0; prunes && e + 1 < exits; ++e) {
    const auto i = static_cast<std::size_t>(e);
    decided[i] = decided[i] | skipped.at(e);
    confident[i] = confident[i] & ~skipped.at(e);
    passed_over.push_back(skipped.at(e));
  }

  m.section("One result a sample");
  auto reversed = [](std::vector<hw::Value> v) { return hw::concat({v.rbegin(), v.rend()}); };
  hw::Value result_ready = m.wire("result_queue_ready", hw::bit());
  hw::Value result_id = sample_id;
  hw::Value result_wrong = sample_wrong;
  const auto receiving = u_loader.out(u_loader.ports.receiving, "receiving");
  hw::Value enabled = engine.streams() ? enable & weights_ready : enable;
  if (a.options.watch.any()) enabled = m.let("may_start", enabled & ~watch.start_wait());
  auto connect_control = [&](auto& u) {
    u.in(u.ports.enable, enabled);
    u.in(u.ports.sample_ready, sample_ready);
    u.in(u.ports.result_ready, a.options.watch.any() ? result_ready & ~watch.result_wait() : result_ready);
    auto& d = u.ports.decisions;
    u.in(d.decided, reversed(decided));
    u.in(d.confident, reversed(confident));
    u.in(d.classes, reversed(classes));
    if (exits > 1) {
      u.in(d.by_patience, reversed(by_patience));
      u.in(d.patience, reversed(patience));
      if (prunes) u.in(d.skipped, reversed(passed_over));
    }
    m.drive(sample_stop, u.out(u.ports.stop, "stop"));
    m.drive(active, u.out(u.ports.active, "working"));
    const auto exit = u.out(u.ports.exit, "exit");
    m.drive(exit_taken, loaded && exits == 1 ? hw::extend(setup.at("last_exit"), 8) : exit);
    if (loaded && exits == 1) m.unused(exit);
    m.drive(class_taken, u.out(u.ports.exit_class, "exit_class"));
  };
  if (groups) {
    auto u_control =
        m.instance("u_control",
                   blocks::GroupControl{.images = backbone.images,
                                        .exits = exits,
                                        .class_bits = class_bits,
                                        .prunes = prunes,
                                        .first_exit = network_exits - exits,
                                        .id_bits = kNumberBits + kIdBits,
                                        .layer_bits = engine.sequencer.layer_bits(),
                                        .group_layer = backbone.group_first,
                                        .final_layer = backbone.final_first,
                                        .drain_cycles = phase_drain(PipelineShape::of(backbone))},
                   {.ck = ck_control});
    connect_control(u_control);
    u_control.in(u_control.ports.reject, enable & weights_bad);
    u_control.in(u_control.ports.receiving, receiving);
    u_control.in(u_control.ports.sample_id, sample_id);
    u_control.in(u_control.ports.engine_idle, backbone_idle);
    u_control.in(u_control.ports.tile_error, weight_error);
    m.drive(engine_start, u_control.out(u_control.ports.start, "phase_start"));
    m.drive(start_layer, u_control.out(u_control.ports.start_layer, "phase_layer"));
    m.drive(slot, u_control.out(u_control.ports.slot, "image_slot"));
    m.drive(last_image, u_control.out(u_control.ports.last_image, "group_last_image"));
    m.drive(sample_start, u_control.out(u_control.ports.sample_start, "sample_begins"));
    m.drive(release, u_control.out(u_control.ports.release, "sample_released"));
    m.drive(refetch, u_control.out(u_control.ports.refetch, "weights_again"));
    m.drive(refetch_group, u_control.out(u_control.ports.refetch_group, "weights_of_group"));
    const auto park = u_control.out(u_control.ports.park, "sample_park");
    if (a.options.watch.histogram) {
      watched.park = park;
    } else {
      m.unused(park);
    }
    m.unused(u_control.out(u_control.ports.group_start, "group_start"));
    m.unused(u_control.out(u_control.ports.final_start, "final_start"));
    result_id = u_control.out(u_control.ports.id, "result_id");
    result_wrong = u_control.out(u_control.ports.wrong, "result_wrong");
    m.unused(sample_wrong);
  } else {
    auto u_control = m.instance("u_control",
                                blocks::SampleControl{.exits = exits,
                                                      .class_bits = class_bits,
                                                      .rejects = engine.streams(),
                                                      .prunes = prunes,
                                                      .first_exit = network_exits - exits},
                                {.ck = ck_control});
    connect_control(u_control);
    if (engine.streams()) u_control.in(u_control.ports.reject, enable & weights_bad);
    m.drive(sample_start, u_control.out(u_control.ports.start, "start"));
    m.unused(receiving);
  }

  watch.decisions(watched);

  const int result_bits = kNumberBits + kIdBits + 1 + 8 + kClassBits;
  auto u_results = m.instance("u_results", blocks::ResultQueue{.bits = result_bits},
                              {.ck = ck_control, .params = {{"WIDTH", result_bits}}});
  u_results.in(u_results.ports.push, sample_stop);
  u_results.in(u_results.ports.data,
               hw::concat({result_id, result_wrong, exit_taken, hw::extend(class_taken, kClassBits)}));
  m.drive(result_ready, u_results.out(u_results.ports.ready, "result_ready"));
  u_results.in(u_results.ports.take, m_tready);
  m.drive(m_tvalid, u_results.out(u_results.ports.valid, "result_valid"));
  const auto result = u_results.out(u_results.ports.data_o, "result");
  m.drive(m_tdata, hw::concat({hw::bit_of(result, 8 + kClassBits),
                               hw::slice(result, result_bits - 1, result_bits - kNumberBits),
                               hw::slice(result, 8 + kClassBits - 1, 0)}));
  m.drive(m_tuser, hw::slice(result, 9 + kClassBits + kIdBits - 1, 9 + kClassBits));
  m.drive(m_tlast, m.literal(hw::bit(), 1));
  const BusFacts buses{.sample_bytes = a.stream_bytes,
                       .id_bits = kIdBits,
                       .register_bits = address_bits(map),
                       .memory_bytes = engine.beat_bits / 8,
                       .memory_burst = engine.streams() ? weight_burst_beats(engine.beat_bits) : 0};
  m.annotate_ports([&](std::string_view port) { return bus_attributes(port, buses); });
  return p;
}

}  // namespace offramp::accel
