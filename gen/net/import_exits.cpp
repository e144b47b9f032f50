// The stations of an exit written as If: Softmax, ReduceMax, comparison with a level, If.
#include <fmt/format.h>

#include "base/text.h"
#include "net/importer.h"
#include "net/refused.h"
#include "net/shapes.h"

namespace offramp::net {
namespace {

/// Deepest nesting of If, and so the most exits of that form. Protobuf itself allows several times this.
constexpr int kMaxNesting = 64;

}  // namespace

OnnxMeaning Importer::probabilities(Context& context, bool logarithm) {
  check_inputs(context, 1, 1);
  const std::int64_t axis = context.attributes.integer("axis", -1);
  // On the result of an If it changes no class and no exit.
  if (std::holds_alternative<Classified>(input(context, 0))) return input(context, 0);
  const int in = activation(context, 0).node;
  const DraftNode& node = draft_node(in);
  const Shape& shape = node.node.shape;
  if (shape.height != 1 || shape.width != 1) {
    throw Refused(fmt::format(
        "its input has the shape {}; Softmax is supported only on the logits of an exit", to_string(shape)));
  }
  const std::int64_t rank = node.vector ? 2 : 4;
  const std::int64_t absent = context.attributes.has("axis") || node.vector ? axis : 1;
  if ((absent < 0 ? absent + rank : absent) != 1) {
    throw Refused(fmt::format("its axis is {}; it must be that of the classes, 1", axis));
  }
  return Probabilities{in, logarithm};
}

OnnxMeaning Importer::softmax(Context& context) {
  return probabilities(context, false);
}

OnnxMeaning Importer::log_softmax(Context& context) {
  return probabilities(context, true);
}

OnnxMeaning Importer::reduce_max(Context& context) {
  check_inputs(context, 1, 2);
  const OnnxMeaning& meaning = input(context, 0);
  const auto* probabilities = std::get_if<Probabilities>(&meaning);
  if (probabilities == nullptr || probabilities->logarithm) {
    throw Refused(fmt::format("input 0 ({}) is {}; ReduceMax is supported only on the Softmax of an exit",
                              in_quotes(context.proto.input(0)), describe(meaning)));
  }
  context.attributes.ignore("keepdims");  // the batch is 1: whatever the shape, it is one number
  context.attributes.ignore("noop_with_empty_axes");
  std::vector<std::int64_t> axes = context.attributes.integers("axes");
  if (has_input(context, 1)) axes = constant(context, 1).integers;
  bool classes = axes.empty();
  for (const std::int64_t axis : axes) classes = classes || axis == 1 || axis == -1;
  if (!classes)
    throw Refused(
        fmt::format("its axes are [{}]; it must reduce the classes, axis 1", fmt::join(axes, ", ")));
  return Confidence{probabilities->node};
}

OnnxMeaning Importer::compare(Context& context, bool greater) {
  check_inputs(context, 2, 2);
  const bool swapped = is_constant(context, 0);
  const OnnxMeaning& meaning = input(context, swapped ? 1 : 0);
  const auto* confidence = std::get_if<Confidence>(&meaning);
  if (confidence == nullptr) {
    throw Refused(
        fmt::format("it compares {} ({}); only the largest Softmax probability of an exit can be compared",
                    in_quotes(context.proto.input(swapped ? 1 : 0)), describe(meaning)));
  }
  const double level = scalar(context, swapped ? 0 : 1);
  if (!(level > 0 && level <= 1)) {
    throw Refused(
        fmt::format("it compares a probability with {}; the level must be above 0 and at most 1", level));
  }
  return Condition{confidence->node, level, greater != swapped};
}

OnnxMeaning Importer::greater(Context& context) {
  return compare(context, true);
}

OnnxMeaning Importer::less(Context& context) {
  return compare(context, false);
}

OnnxMeaning Importer::invert(Context& context) {
  check_inputs(context, 1, 1);
  const auto* condition = std::get_if<Condition>(&input(context, 0));
  if (condition == nullptr) throw Refused("it is supported only on the decision of an exit");
  Condition result = *condition;
  result.true_is_confident = !result.true_is_confident;
  return result;
}

OnnxMeaning Importer::cast(Context& context) {
  check_inputs(context, 1, 1);
  const std::int64_t to = context.attributes.integer("to", 0);
  const OnnxMeaning& meaning = input(context, 0);
  if (const auto* constant = std::get_if<Constant>(&meaning)) return cast_constant(*constant, to);
  if (!std::holds_alternative<Condition>(meaning) || to != onnx::TensorProto::BOOL) {
    throw Refused(
        fmt::format("it casts {} to element type {}; only a constant can be cast, to "
                    "FLOAT, and an exit's decision, to BOOL",
                    describe(meaning), to));
  }
  return meaning;
}

Exit Importer::exit_of(const OnnxMeaning& meaning, const std::string& name) const {
  Exit exit{.name = name, .logits = 0, .criterion = {}, .level = {}};
  if (const auto* probabilities = std::get_if<Probabilities>(&meaning)) {
    exit.logits = probabilities->node;
  } else if (const auto* in = std::get_if<Activation>(&meaning); in != nullptr && !in->padded()) {
    exit.logits = in->node;
  } else {
    throw Refused(
        fmt::format("it is {}, which does not depend on the input as an exit's logits do; every exit must "
                    "give logits or their Softmax",
                    in != nullptr ? "the output of a Pad" : describe(meaning)));
  }
  if (const auto level = levels_.find(name); level != levels_.end()) {
    exit.criterion = level->second.first;
    exit.level = level->second.second;
  }
  return exit;
}

/// What the single output of an If's branch stands for. Its nodes become layers as if they stood outside:
/// they are the branch of the exit, or the backbone behind it.
OnnxMeaning Importer::branch(const Context& context, const onnx::GraphProto& graph, const char* which) {
  if (graph.output_size() != 1 || graph.input_size() != 0) {
    throw Refused(fmt::format("its {} has {} outputs and {} inputs; it must have one output, the logits",
                              which, graph.output_size(), graph.input_size()));
  }
  Scope scope{.outer = &context.scope, .depth = context.scope.depth + 1};
  if (scope.depth > kMaxNesting) {
    throw Refused(
        fmt::format("If is nested {} deep; up to {} exits are supported", scope.depth, kMaxNesting));
  }
  read_initializers(graph, scope);
  walk(graph, scope);
  return resolve(scope, graph.output(0).name());
}

OnnxMeaning Importer::if_node(Context& context) {
  check_inputs(context, 1, 1);
  const OnnxMeaning& meaning = input(context, 0);
  const auto* found = std::get_if<Condition>(&meaning);
  if (found == nullptr) {
    throw Refused(
        fmt::format("its condition ({}) is {}; only Softmax, ReduceMax and a comparison with a constant are "
                    "supported as an exit's decision",
                    in_quotes(context.proto.input(0)), describe(meaning)));
  }
  const Condition condition = *found;
  const onnx::GraphProto* then_graph = context.attributes.graph("then_branch");
  const onnx::GraphProto* else_graph = context.attributes.graph("else_branch");
  if (then_graph == nullptr || else_graph == nullptr)
    throw Refused("it needs a then_branch and an else_branch");
  const bool straight = condition.true_is_confident;
  const char* exit_side = straight ? "then_branch" : "else_branch";
  const char* rest_side = straight ? "else_branch" : "then_branch";
  const onnx::GraphProto& exit_graph = straight ? *then_graph : *else_graph;
  const onnx::GraphProto& rest_graph = straight ? *else_graph : *then_graph;

  Exit exit = exit_of(branch(context, exit_graph, exit_side),
                      exit_graph.output_size() == 1 ? exit_graph.output(0).name() : std::string());
  if (exit.logits != condition.node) {
    throw Refused(
        fmt::format("it decides by the logits of node {} but its {} gives those of node {}; an exit must be "
                    "decided by its own logits",
                    in_quotes(draft_node(condition.node).node.name), exit_side,
                    in_quotes(draft_node(exit.logits).node.name)));
  }
  exit.criterion = fixed::Criterion::max_softmax;
  exit.level = condition.level;
  Classified result{{std::move(exit)}};
  const OnnxMeaning rest = branch(context, rest_graph, rest_side);
  if (const auto* nested = std::get_if<Classified>(&rest)) {
    result.exits.insert(result.exits.end(), nested->exits.begin(), nested->exits.end());
  } else {
    result.exits.push_back(exit_of(rest, rest_graph.output(0).name()));
  }
  return result;
}

}  // namespace offramp::net
