#include "attach/block_runner.h"

#include <array>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "golden/gemm.h"
#include "net/shapes.h"

namespace offramp::attach {
namespace {

using dnnl::memory;
using Dims = memory::dims;

std::size_t index(int i) {
  return static_cast<std::size_t>(i);
}

memory::desc plain(const Dims& dims, memory::format_tag tag = memory::format_tag::nchw) {
  return {dims, memory::data_type::f32, tag};
}
memory::desc any(const Dims& dims) {
  return {dims, memory::data_type::f32, memory::format_tag::any};
}

}  // namespace

/// Primitives and where their operands lie. A slot is a memory that every worker has of its own; a constant
/// is shared.
struct BlockRunner::Plan {
  struct Operand {
    int argument = 0;
    std::size_t place = 0;  // of slots or constants
    bool constant = false;
  };
  struct Step {
    dnnl::primitive primitive;
    std::vector<Operand> operands;
  };
  struct Slot {
    memory::desc desc;
    std::optional<std::size_t> view_of;  // the same bytes as another slot
  };

  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  std::size_t block;
  std::int64_t macs = 0;
  double input_scale = 255;
  net::Shape input;
  std::vector<Slot> slots;
  std::vector<memory> constants;
  std::vector<Step> steps;
  std::vector<std::size_t> wanted;        // slots in plain order
  std::vector<std::int64_t> wanted_size;  // elements of one image

  Plan(const net::Network& network, const std::vector<int>& want, std::size_t images)
      : block(images), input_scale(network.input_scale), input(network.nodes[0].shape), net_(network) {
    std::vector<bool> needed(network.nodes.size(), false);
    readers_.assign(network.nodes.size(), 0);
    for (const int node : want) {
      needed[index(node)] = true;
      ++readers_[index(node)];
    }
    for (std::size_t i = network.nodes.size(); i-- > 0;) {
      if (!needed[i]) continue;
      for (const int from : network.nodes[i].inputs) {
        needed[index(from)] = true;
        ++readers_[index(from)];
      }
    }
    needed[0] = true;
    slot_of_.resize(network.nodes.size());
    for (at_ = 0; at_ < network.nodes.size(); ++at_) {
      if (!needed[at_] || done_.contains(at_)) continue;
      macs += net::macs(network, network.nodes[at_]);
      std::visit(*this, network.nodes[at_].layer);
    }
    for (const int node : want) {
      wanted.push_back(in_format(slot_of_[index(node)], plain(dims(network.nodes[index(node)].shape))));
      wanted_size.push_back(network.nodes[index(node)].shape.elements());
    }
  }

  void operator()(const net::Input&) { slot_of_[at_] = slot(plain(dims(shape()))); }

  void operator()(const net::Conv& conv) {
    const net::Window& w = conv.window;
    const int in = in_shape().channels;
    const bool grouped = conv.groups > 1;
    Dims weights_dims{conv.out_channels, in / conv.groups, w.kernel_h, w.kernel_w};
    if (grouped)
      weights_dims = {conv.groups, conv.out_channels / conv.groups, in / conv.groups, w.kernel_h, w.kernel_w};
    const dnnl::convolution_forward::desc desc(
        dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, any(dims(in_shape())),
        any(weights_dims), plain({conv.out_channels}, memory::format_tag::x), any(dims(shape())),
        {w.stride_h, w.stride_w}, {w.pad_top, w.pad_left}, {w.pad_bottom, w.pad_right});
    dnnl::primitive_attr attributes = scratch();
    const std::size_t end = take_relu(attributes);
    const dnnl::convolution_forward::primitive_desc pd(desc, attributes, engine);
    const auto tag = grouped ? memory::format_tag::goihw : memory::format_tag::oihw;
    slot_of_[end] = product(dnnl::convolution_forward(pd), pd.src_desc(), pd.dst_desc(), pd.scratchpad_desc(),
                            constant(conv.weights, plain(weights_dims, tag), pd.weights_desc()),
                            constant(conv.bias, plain({conv.out_channels}, memory::format_tag::x),
                                     plain({conv.out_channels}, memory::format_tag::x)));
  }

  void operator()(const net::Dense& dense) {
    const net::Shape& in = in_shape();
    const Dims weights_dims{dense.out_features, in.channels, in.height, in.width};
    const auto bias = plain({dense.out_features}, memory::format_tag::x);
    const Dims out{static_cast<memory::dim>(block), dense.out_features};
    const dnnl::inner_product_forward::desc desc(dnnl::prop_kind::forward_inference, any(dims(in)),
                                                 any(weights_dims), bias, plain(out, memory::format_tag::nc));
    dnnl::primitive_attr attributes = scratch();
    const std::size_t end = take_relu(attributes);
    const dnnl::inner_product_forward::primitive_desc pd(desc, attributes, engine);
    const std::size_t result =
        product(dnnl::inner_product_forward(pd), pd.src_desc(), pd.dst_desc(), pd.scratchpad_desc(),
                constant(dense.weights, plain(weights_dims, memory::format_tag::oihw), pd.weights_desc()),
                constant(dense.bias, bias, bias));
    slot_of_[end] = view(result, plain(dims(shape())));
  }

  void operator()(const net::MaxPool& pool) { pooled(pool.window, dnnl::algorithm::pooling_max); }
  void operator()(const net::AveragePool& pool) {
    pooled(pool.window, pool.count_include_pad ? dnnl::algorithm::pooling_avg_include_padding
                                               : dnnl::algorithm::pooling_avg_exclude_padding);
  }

  void operator()(const net::BatchNorm& norm) {
    const std::size_t from = input_slot();
    const dnnl::batch_normalization_forward::desc desc(
        dnnl::prop_kind::forward_inference, slots[from].desc, 0.0F,
        dnnl::normalization_flags::use_global_stats | dnnl::normalization_flags::use_scale |
            dnnl::normalization_flags::use_shift);
    const dnnl::batch_normalization_forward::primitive_desc pd(desc, scratch(), engine);
    const std::size_t out = slot(pd.dst_desc());
    const auto channels = static_cast<memory::dim>(norm.scale.size());
    const auto one = plain({channels}, memory::format_tag::x);
    const std::vector<float> zeros(norm.scale.size(), 0.0F);
    const std::vector<float> ones(norm.scale.size(), 1.0F);
    add({dnnl::batch_normalization_forward(pd),
         {{DNNL_ARG_SRC, from},
          {DNNL_ARG_DST, out},
          {DNNL_ARG_MEAN, constant(zeros, one, one), true},
          {DNNL_ARG_VARIANCE, constant(ones, one, one), true},
          {DNNL_ARG_SCALE, constant(norm.scale, one, one), true},
          {DNNL_ARG_SHIFT, constant(norm.shift, one, one), true}}},
        pd.scratchpad_desc());
    slot_of_[at_] = out;
  }

  void operator()(const net::Relu& relu) {
    const std::size_t from = input_slot();
    const dnnl::eltwise_forward::desc desc(
        dnnl::prop_kind::forward_inference,
        relu.limit ? dnnl::algorithm::eltwise_clip : dnnl::algorithm::eltwise_relu, slots[from].desc, 0.0F,
        relu.limit.value_or(0.0F));
    const dnnl::eltwise_forward::primitive_desc pd(desc, scratch(), engine);
    const std::size_t out = slot(pd.dst_desc());
    add({dnnl::eltwise_forward(pd), {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, out}}}, pd.scratchpad_desc());
    slot_of_[at_] = out;
  }

  void operator()(const net::Add&) {
    const std::size_t a = input_slot(0);
    const std::size_t b = in_format(input_slot(1), slots[a].desc);
    const dnnl::binary::desc desc(dnnl::algorithm::binary_add, slots[a].desc, slots[b].desc, slots[a].desc);
    const dnnl::binary::primitive_desc pd(desc, scratch(), engine);
    const std::size_t out = slot(pd.dst_desc());
    add({dnnl::binary(pd), {{DNNL_ARG_SRC_0, a}, {DNNL_ARG_SRC_1, b}, {DNNL_ARG_DST, out}}},
        pd.scratchpad_desc());
    slot_of_[at_] = out;
  }

  void operator()(const net::Flatten&) {
    slot_of_[at_] = view(in_format(input_slot(), plain(dims(in_shape()))), plain(dims(shape())));
  }

 private:
  [[nodiscard]] const net::Shape& shape() const { return net_.nodes[at_].shape; }
  [[nodiscard]] const net::Shape& in_shape() const {
    return net_.nodes[index(net_.nodes[at_].inputs[0])].shape;
  }
  [[nodiscard]] std::size_t input_slot(std::size_t k = 0) const {
    return slot_of_[index(net_.nodes[at_].inputs[k])];
  }
  [[nodiscard]] Dims dims(const net::Shape& s) const {
    return {static_cast<memory::dim>(block), s.channels, s.height, s.width};
  }
  static dnnl::primitive_attr scratch() {
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);  // workers run the same primitives at a time
    return attributes;
  }

  std::size_t slot(const memory::desc& desc) {
    slots.push_back({desc, std::nullopt});
    return slots.size() - 1;
  }
  std::size_t view(std::size_t of, const memory::desc& desc) {
    slots.push_back({desc, of});
    return slots.size() - 1;
  }
  void add(Step step, const memory::desc& scratchpad) {
    step.operands.push_back({DNNL_ARG_SCRATCHPAD, slot(scratchpad)});
    steps.push_back(std::move(step));
  }

  std::size_t constant(const std::vector<float>& values, const memory::desc& have, const memory::desc& want) {
    memory given(have, engine, const_cast<float*>(values.data()));  // only read
    memory made(want, engine);
    dnnl::stream stream(engine);
    dnnl::reorder(given, made).execute(stream, given, made);
    stream.wait();
    constants.push_back(std::move(made));
    return constants.size() - 1;
  }

  /// The slot's values in another memory format.
  std::size_t in_format(std::size_t from, const memory::desc& want) {
    if (slots[from].desc == want) return from;
    const dnnl::reorder::primitive_desc pd(engine, slots[from].desc, engine, want, scratch());
    const std::size_t out = slot(want);
    add({dnnl::reorder(pd), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, out}}}, pd.scratchpad_desc());
    return out;
  }

  /// A convolution or dense layer takes the Relu along that alone reads it; gives the node whose value
  /// results.
  std::size_t take_relu(dnnl::primitive_attr& attributes) {
    if (readers_[at_] != 1) return at_;
    for (std::size_t i = at_ + 1; i < net_.nodes.size(); ++i) {
      const auto& inputs = net_.nodes[i].inputs;
      if (inputs.empty() || index(inputs[0]) != at_) continue;
      const auto* relu = std::get_if<net::Relu>(&net_.nodes[i].layer);
      if (relu == nullptr || readers_[i] == 0) continue;  // nobody needs this one
      dnnl::post_ops after;
      after.append_eltwise(1.0F, relu->limit ? dnnl::algorithm::eltwise_clip : dnnl::algorithm::eltwise_relu,
                           0.0F, relu->limit.value_or(0.0F));
      attributes.set_post_ops(after);
      done_.insert({i, true});
      return i;
    }
    return at_;
  }

  std::size_t product(dnnl::primitive primitive, const memory::desc& source, const memory::desc& result,
                      const memory::desc& scratchpad, std::size_t weights, std::size_t bias) {
    const std::size_t from = in_format(input_slot(), source);
    const std::size_t out = slot(result);
    add({std::move(primitive),
         {{DNNL_ARG_SRC, from},
          {DNNL_ARG_WEIGHTS, weights, true},
          {DNNL_ARG_BIAS, bias, true},
          {DNNL_ARG_DST, out}}},
        scratchpad);
    return out;
  }

  void pooled(const net::Window& w, dnnl::algorithm algorithm) {
    const std::size_t from = input_slot();
    const dnnl::pooling_forward::desc desc(dnnl::prop_kind::forward_inference, algorithm, slots[from].desc,
                                           any(dims(shape())), {w.stride_h, w.stride_w},
                                           {w.kernel_h, w.kernel_w}, {w.pad_top, w.pad_left},
                                           {w.pad_bottom, w.pad_right});
    const dnnl::pooling_forward::primitive_desc pd(desc, scratch(), engine);
    const std::size_t out = slot(pd.dst_desc());
    add({dnnl::pooling_forward(pd), {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, out}}}, pd.scratchpad_desc());
    slot_of_[at_] = out;
  }

  const net::Network& net_;  // while the plan is made
  std::size_t at_ = 0;
  std::vector<int> readers_;
  std::vector<std::size_t> slot_of_;            // by node
  std::unordered_map<std::size_t, bool> done_;  // nodes that went along with another
};

BlockRunner::BlockRunner(const net::Network& network, const std::vector<int>& wanted, std::size_t block) {
  const golden::OneThread guard;  // the kernels' shapes must not depend on this machine's cores
  plan_ = std::make_unique<Plan>(network, wanted, block);
}
BlockRunner::~BlockRunner() = default;

std::size_t BlockRunner::block() const {
  return plan_->block;
}
std::int64_t BlockRunner::macs() const {
  return plan_->macs;
}

struct BlockRunner::Worker::State {
  const Plan& plan;
  dnnl::stream stream;
  std::vector<memory> memories;  // by slot
  std::vector<std::unordered_map<int, memory>> arguments;
  std::array<float, 256> levels{};

  explicit State(const Plan& p) : plan(p), stream(p.engine) {
    for (const Plan::Slot& slot : plan.slots) {
      if (slot.view_of) {
        memories.emplace_back(slot.desc, plan.engine, memories[*slot.view_of].get_data_handle());
      } else {
        memories.emplace_back(slot.desc, plan.engine);
      }
    }
    for (const Plan::Step& step : plan.steps) {
      auto& given = arguments.emplace_back();
      for (const Plan::Operand& operand : step.operands) {
        given.insert(
            {operand.argument, operand.constant ? plan.constants[operand.place] : memories[operand.place]});
      }
    }
    for (std::size_t v = 0; v < levels.size(); ++v)
      levels[v] = static_cast<float>(static_cast<double>(v) / plan.input_scale);
  }
};

BlockRunner::Worker::Worker(const BlockRunner& runner) : state_(std::make_unique<State>(*runner.plan_)) {}
BlockRunner::Worker::~Worker() = default;

void BlockRunner::Worker::run(const std::vector<const std::uint8_t*>& images) {
  State& s = *state_;
  if (images.size() > s.plan.block) throw std::logic_error("BlockRunner: more images than a block");
  const auto channels = index(s.plan.input.channels);
  const std::size_t plane = index(s.plan.input.height) * index(s.plan.input.width);
  auto* out = static_cast<float*>(s.memories.front().get_data_handle());
  for (const std::uint8_t* pixels : images) {
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t p = 0; p < plane; ++p) *out++ = s.levels[pixels[p * channels + c]];
    }
  }
  for (std::size_t i = 0; i < s.plan.steps.size(); ++i)
    s.plan.steps[i].primitive.execute(s.stream, s.arguments[i]);
  s.stream.wait();
}

const float* BlockRunner::Worker::output(std::size_t k, std::size_t i) const {
  const auto* data = static_cast<const float*>(state_->memories[state_->plan.wanted[k]].get_data_handle());
  return data + i * static_cast<std::size_t>(state_->plan.wanted_size[k]);
}

}  // namespace offramp::attach
