#include "net/importer.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/interrupt.h"
#include "base/text.h"
#include "net/refused.h"
#include "net/shapes.h"

namespace offramp::net {
namespace {

constexpr std::size_t kMaxExits = 64;
/// Most weights of one network. A small file can name the same weights many times; memory must not follow it.
constexpr std::int64_t kMaxWeights = std::int64_t{1} << 28;

std::string op_text(const onnx::NodeProto& node) {
  // Op types come from the file like any name; show plain ones plainly.
  const std::string& op = node.op_type();
  const bool plain = !op.empty() && op.size() <= 40 &&
                     op.find_first_not_of(
                         "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                         "abcdefghijklmnopqrstuvwxyz"
                         "0123456789_") == std::string::npos;
  return plain ? op : in_quotes(op);
}

std::string node_name(const onnx::NodeProto& node) {
  if (!node.name().empty()) return node.name();
  return node.output_size() > 0 ? node.output(0) : std::string();
}

std::string node_text(const onnx::NodeProto& node) {
  return fmt::format("node {} ({})", in_quotes(node_name(node)), op_text(node));
}

/// What to do instead of an op type that import does not know.
std::string advice_for(const std::string& op) {
  if (op == "Transpose") return "NHWC layouts are not supported: export the model in NCHW";
  if (op == "QuantizeLinear" || op == "QLinearConv" || op == "QLinearMatMul") {
    return "give the float model, offramp quantizes it";
  }
  if (op == "Shape" || op == "Gather" || op == "Unsqueeze" || op == "Concat") {
    return "export with a fixed batch of 1, and flatten(1) instead of view(), so that shapes are constants";
  }
  return "replace it in the model";
}

/// A dimension as written: number, symbol or nothing.
std::string dim_text(const onnx::TensorShapeProto::Dimension& dim) {
  if (dim.has_dim_value()) return std::to_string(dim.dim_value());
  return dim.has_dim_param() ? in_quotes(dim.dim_param()) : "?";
}

}  // namespace

std::string describe(const OnnxMeaning& meaning) {
  struct Describe {
    std::string operator()(const Activation&) const { return "an activation"; }
    std::string operator()(const Constant&) const { return "a constant"; }
    std::string operator()(const Probabilities&) const { return "the probabilities of a Softmax"; }
    std::string operator()(const Confidence&) const { return "the largest probability of an exit"; }
    std::string operator()(const Condition&) const { return "the decision of an exit"; }
    std::string operator()(const Classified&) const { return "the result of an If"; }
    std::string operator()(const Unusable& unusable) const { return unusable.what; }
  };
  return std::visit(Describe{}, meaning);
}

void Importer::fail(const std::string& what) const {
  throw Error(fmt::format("{}: {}", source_.file, what));
}

const std::unordered_map<std::string, Importer::Handler>& Importer::handlers() {
  static const std::unordered_map<std::string, Handler> table = {
      {"Add", &Importer::add},
      {"AveragePool", &Importer::average_pool},
      {"BatchNormalization", &Importer::batch_normalization},
      {"Cast", &Importer::cast},
      {"Clip", &Importer::clip},
      {"Constant", &Importer::constant_node},
      {"Conv", &Importer::conv},
      {"DequantizeLinear", &Importer::dequantize_linear},
      {"Div", &Importer::div},
      {"Dropout", &Importer::dropout},
      {"Flatten", &Importer::flatten},
      {"Gemm", &Importer::gemm},
      {"GlobalAveragePool", &Importer::global_average_pool},
      {"Greater", &Importer::greater},
      {"GreaterOrEqual", &Importer::greater},
      {"Identity", &Importer::identity},
      {"If", &Importer::if_node},
      {"Less", &Importer::less},
      {"LessOrEqual", &Importer::less},
      {"LogSoftmax", &Importer::log_softmax},
      {"MatMul", &Importer::mat_mul},
      {"MaxPool", &Importer::max_pool},
      {"Mul", &Importer::mul},
      {"Not", &Importer::invert},
      {"Pad", &Importer::pad},
      {"ReduceMax", &Importer::reduce_max},
      {"Relu", &Importer::relu},
      {"Reshape", &Importer::reshape},
      {"Softmax", &Importer::softmax},
      {"Sub", &Importer::sub},
  };
  return table;
}

Draft Importer::run(const onnx::ModelProto& model) {
  draft_.name = source_.name;
  read_metadata(model);
  Scope scope;
  read_initializers(model.graph(), scope);
  read_input(model.graph(), scope);
  walk(model.graph(), scope);
  read_exits(model.graph(), scope);
  return std::move(draft_);
}

void Importer::read_metadata(const onnx::ModelProto& model) {
  const std::string level_prefix = "offramp.level.";
  for (const auto& entry : model.metadata_props()) {
    const std::string& value = entry.value();
    const auto number_in = [&](std::size_t from, double least) {
      double number = 0;
      const auto [end, error] = std::from_chars(value.data() + from, value.data() + value.size(), number);
      if (error != std::errc() || end != value.data() + value.size() || !std::isfinite(number) ||
          number < least) {
        fail(fmt::format("the metadata property {} is {}, which is no number of at least {:g}",
                         in_quotes(entry.key()), in_quotes(value), least));
      }
      return number;
    };
    if (entry.key() == "offramp.input_scale")
      draft_.input_scale = number_in(0, std::numeric_limits<double>::min());
    if (entry.key().starts_with(level_prefix)) {
      const std::size_t space = value.find(' ');
      const auto criterion = fixed::criterion_named(value.substr(0, space));
      if (!criterion || space == std::string::npos) {
        fail(fmt::format(
            "the metadata property {} is {}; it must be a criterion (max, entropy, margin, base2, "
            "patience) and its level",
            in_quotes(entry.key()), in_quotes(value)));
      }
      levels_[entry.key().substr(level_prefix.size())] = {*criterion, number_in(space + 1, 0)};
    }
  }
}

void Importer::read_initializers(const onnx::GraphProto& graph, Scope& scope) {
  if (graph.sparse_initializer_size() != 0) fail("it has sparse initializers; export it with dense weights");
  for (const onnx::TensorProto& tensor : graph.initializer()) define(scope, tensor.name(), Constant{&tensor});
}

void Importer::read_input(const onnx::GraphProto& graph, Scope& scope) {
  // Old models list initializers among the inputs; what is left is the real one.
  const onnx::ValueInfoProto* found = nullptr;
  for (const onnx::ValueInfoProto& value : graph.input()) {
    if (scope.meanings.contains(value.name())) continue;
    if (found != nullptr) {
      fail(fmt::format("it has several inputs, {} and {}; a network takes one image",
                       in_quotes(found->name()), in_quotes(value.name())));
    }
    found = &value;
  }
  if (found == nullptr) fail("it has no input; a network takes one image");
  const std::string what = "input " + in_quotes(found->name());
  if (!found->type().has_tensor_type()) fail(what + " is not a tensor");
  const auto& type = found->type().tensor_type();
  if (type.elem_type() != onnx::TensorProto::FLOAT) {
    fail(fmt::format(
        "{} has the element type {}; export the model with a float32 input", what,
        onnx::TensorProto::DataType_IsValid(type.elem_type())
            ? onnx::TensorProto::DataType_Name(static_cast<onnx::TensorProto::DataType>(type.elem_type()))
            : std::to_string(type.elem_type())));
  }
  const auto& dims = type.shape().dim();
  std::string text;
  for (const auto& dim : dims) text += (text.empty() ? "" : ", ") + dim_text(dim);
  if (dims.size() != 4 && dims.size() != 2) {
    fail(fmt::format("{} has the shape [{}]; it must be [1, channels, height, width] or [1, features]", what,
                     text));
  }
  if (dims[0].has_dim_value() && dims[0].dim_value() != 1 && dims[0].dim_value() != -1) {
    fail(fmt::format("{} has the shape [{}], a batch of {}; export with a batch of 1 or a symbolic batch",
                     what, text, dims[0].dim_value()));
  }
  std::vector<int> sizes;
  for (int i = 1; i < dims.size(); ++i) {
    const std::int64_t size = dims[i].has_dim_value() ? dims[i].dim_value() : 0;
    if (size < 1 || size > kMaxElements) {
      fail(fmt::format("{} has the shape [{}], whose dimension {} must be a number from 1 to {}", what, text,
                       dim_text(dims[i]), kMaxElements));
    }
    sizes.push_back(static_cast<int>(size));
  }
  const Shape shape{sizes[0], sizes.size() == 3 ? sizes[1] : 1, sizes.size() == 3 ? sizes[2] : 1};
  try {
    draft_.nodes.push_back({.node = {.name = found->name(),
                                     .layer = Input{},
                                     .inputs = {},
                                     .shape = output_shape(Input{}, {shape})},
                            .vector = dims.size() == 2,
                            .non_negative = true,
                            .op = "input"});
  } catch (const Refused& refused) {
    fail(what + ": " + refused.what());
  }
  define(scope, found->name(), Activation{});
}

void Importer::walk(const onnx::GraphProto& graph, Scope& scope) {
  for (const onnx::NodeProto& node : graph.node()) {
    for (const std::string& output : node.output()) {
      if (!output.empty()) scope.makers.emplace(output, node_text(node));
    }
  }
  for (const onnx::NodeProto& node : graph.node()) {
    check_interrupted();
    try {
      Context context{node, scope, OnnxAttributes(node), node_name(node)};
      OnnxMeaning meaning = convert(context);
      context.attributes.check_all_read();
      define(scope, node.output(0), std::move(meaning));
      for (int i = 1; i < node.output_size(); ++i) {
        if (node.output(i).empty()) continue;
        define(scope, node.output(i), Unusable{fmt::format("output {} of {}", i, node_text(node))});
      }
    } catch (const Refused& refused) {
      fail(fmt::format("{}: {}", node_text(node), refused.what()));
    }
  }
}

OnnxMeaning Importer::convert(Context& context) {
  const onnx::NodeProto& node = context.proto;
  if (node.output_size() == 0 || node.output(0).empty()) throw Refused("it has no output");
  const bool standard = node.domain().empty() || node.domain() == "ai.onnx";
  const auto handler = handlers().find(node.op_type());
  if (!standard || handler == handlers().end()) {
    std::vector<std::string> known;
    for (const auto& [op, function] : handlers()) known.push_back(op);
    std::sort(known.begin(), known.end());
    throw Refused(fmt::format("the op type{} is not supported; {} (supported are {})",
                              standard ? std::string() : " of the domain " + in_quotes(node.domain()),
                              advice_for(node.op_type()), fmt::join(known, ", ")));
  }
  return (this->*handler->second)(context);
}

const OnnxMeaning* Importer::find(const Scope& scope, const std::string& name) const {
  for (const Scope* s = &scope; s != nullptr; s = s->outer) {
    if (const auto found = s->meanings.find(name); found != s->meanings.end()) return &found->second;
  }
  return nullptr;
}

const OnnxMeaning& Importer::resolve(const Scope& scope, const std::string& name) const {
  if (const OnnxMeaning* meaning = find(scope, name)) return *meaning;
  for (const Scope* s = &scope; s != nullptr; s = s->outer) {
    if (const auto maker = s->makers.find(name); maker != s->makers.end()) {
      throw Refused(
          fmt::format("{} is made only later, by {}: the nodes form a cycle or are not in topological order",
                      in_quotes(name), maker->second));
    }
  }
  throw Refused(
      fmt::format("nothing makes {}: no node, input or initializer has this name", in_quotes(name)));
}

void Importer::define(Scope& scope, const std::string& name, OnnxMeaning meaning) {
  if (find(scope, name) != nullptr) {
    fail(fmt::format("two things are named {}; each tensor needs a name of its own", in_quotes(name)));
  }
  scope.meanings.emplace(name, std::move(meaning));
}

bool Importer::has_input(const Context& context, int i) const {
  return i < context.proto.input_size() && !context.proto.input(i).empty();
}

void Importer::check_inputs(const Context& context, int least, int most) const {
  const int have = context.proto.input_size();
  if (have > most) throw Refused(fmt::format("it has {} inputs and can have {}", have, most));
  for (int i = 0; i < least; ++i) {
    if (!has_input(context, i)) throw Refused(fmt::format("input {} is missing", i));
  }
}

const OnnxMeaning& Importer::input(const Context& context, int i) const {
  return resolve(context.scope, context.proto.input(i));
}

const Activation& Importer::padded_activation(const Context& context, int i) const {
  const OnnxMeaning& meaning = input(context, i);
  if (const auto* activation = std::get_if<Activation>(&meaning)) return *activation;
  throw Refused(fmt::format("input {} ({}) is {} where an activation is needed", i,
                            in_quotes(context.proto.input(i)), describe(meaning)));
}

const Activation& Importer::activation(const Context& context, int i) const {
  const Activation& in = padded_activation(context, i);
  if (in.padded()) {
    throw Refused(
        fmt::format("it reads {}, the output of a Pad; padding can be merged only into a Conv, MaxPool or "
                    "AveragePool that directly follows",
                    in_quotes(context.proto.input(i))));
  }
  return in;
}

bool Importer::is_constant(const Context& context, int i) const {
  return std::holds_alternative<Constant>(input(context, i));
}

TensorData Importer::constant(const Context& context, int i) const {
  const OnnxMeaning& meaning = input(context, i);
  const auto* constant = std::get_if<Constant>(&meaning);
  if (constant == nullptr) {
    throw Refused(fmt::format("input {} ({}) is {} where a constant is needed", i,
                              in_quotes(context.proto.input(i)), describe(meaning)));
  }
  // Before any memory is taken: constants may be many times as large as the file when they are shared.
  if (element_count(*constant->tensor) > kMaxWeights - weights_) {
    throw Refused(fmt::format("with {} the network has more than {} weights",
                              in_quotes(constant->tensor->name()), kMaxWeights));
  }
  return read_constant(*constant);
}

std::vector<float> Importer::weights(const Context& context, int i, std::vector<std::int64_t>& dims) {
  TensorData data = constant(context, i);
  if (!data.is_real) {
    throw Refused(fmt::format("input {} ({}) holds integers where float weights are needed", i,
                              in_quotes(context.proto.input(i))));
  }
  weights_ += static_cast<std::int64_t>(data.reals.size());
  dims = std::move(data.dims);
  return std::move(data.reals);
}

double Importer::scalar(const Context& context, int i) const {
  const TensorData data = constant(context, i);
  if (data.elements() != 1) {
    throw Refused(fmt::format("input {} ({}) has {} elements where one number is needed", i,
                              in_quotes(context.proto.input(i)), data.elements()));
  }
  return data.is_real ? static_cast<double>(data.reals[0]) : static_cast<double>(data.integers[0]);
}

OnnxMeaning Importer::append(const Context& context, Layer layer, std::vector<int> inputs, bool vector,
                             bool non_negative) {
  std::vector<Shape> shapes;
  for (const int i : inputs) shapes.push_back(draft_node(i).node.shape);
  const Shape shape = output_shape(layer, shapes);
  DraftNode added{
      .node = {.name = context.name, .layer = std::move(layer), .inputs = std::move(inputs), .shape = shape},
      .vector = vector,
      .non_negative = non_negative,
      .op = context.proto.op_type()};
  draft_.nodes.push_back(std::move(added));
  return Activation{.node = static_cast<int>(draft_.nodes.size()) - 1};
}

void Importer::read_exits(const onnx::GraphProto& graph, const Scope& scope) {
  if (graph.output_size() == 0) fail("it has no output; each exit's logits must be an output of the graph");
  if (static_cast<std::size_t>(graph.output_size()) > kMaxExits) {
    fail(fmt::format("it has {} outputs; up to {} exits are supported", graph.output_size(), kMaxExits));
  }
  for (const onnx::ValueInfoProto& output : graph.output()) {
    try {
      const OnnxMeaning& meaning = resolve(scope, output.name());
      if (const auto* classified = std::get_if<Classified>(&meaning)) {
        if (graph.output_size() != 1) {
          throw Refused(
              "it is the result of an If beside other outputs; use either If or several outputs for exits");
        }
        draft_.exits = classified->exits;
        draft_.exits.back().name = output.name();
        draft_.exits_are_ordered = true;
      } else {
        Exit exit = exit_of(meaning, output.name());
        for (const Exit& other : draft_.exits) {
          if (other.logits == exit.logits) {
            throw Refused(
                fmt::format("its logits are also those of output {}; each exit needs a classifier of its "
                            "own",
                            in_quotes(other.name)));
          }
        }
        draft_.exits.push_back(std::move(exit));
      }
    } catch (const Refused& refused) {
      fail(fmt::format("output {}: {}", in_quotes(output.name()), refused.what()));
    }
  }
}

}  // namespace offramp::net
