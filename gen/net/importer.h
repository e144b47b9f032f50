#pragma once
// Walks an ONNX graph in its order and turns every node into layers of a draft. One object imports one model.
#include <onnx/onnx_pb.h>

#include <deque>
#include <filesystem>
#include <string>
#include <unordered_map>

#include "net/draft.h"
#include "net/onnx_attributes.h"
#include "net/onnx_tensor.h"
#include "net/onnx_values.h"

namespace offramp::net {

class Importer {
 public:
  struct Source {
    std::string file;                   // as it stands in messages
    std::string name;                   // of the network
    std::filesystem::path folder = {};  // where external data may lie; empty: nowhere
  };
  explicit Importer(Source source) : source_(std::move(source)) {}

  /// The draft of the model's graph with its exits. Throws Error naming file and node.
  [[nodiscard]] Draft run(const onnx::ModelProto& model);

 private:
  /// Names of one graph; a subgraph also sees those around it.
  struct Scope {
    const Scope* outer = nullptr;
    int depth = 0;
    std::unordered_map<std::string, OnnxMeaning> meanings = {};
    std::unordered_map<std::string, std::string> makers = {};  // name -> node of this graph that makes it
  };
  /// The node at hand.
  struct Context {
    const onnx::NodeProto& proto;
    Scope& scope;
    OnnxAttributes attributes;
    std::string name;
  };
  using Handler = OnnxMeaning (Importer::*)(Context&);
  static const std::unordered_map<std::string, Handler>& handlers();

  // The walk (importer.cpp).
  void read_metadata(const onnx::ModelProto& model);
  void read_input(const onnx::GraphProto& graph, Scope& scope);
  void read_initializers(const onnx::GraphProto& graph, Scope& scope);
  void walk(const onnx::GraphProto& graph, Scope& scope);
  OnnxMeaning convert(Context& context);
  void define(Scope& scope, const std::string& name, OnnxMeaning meaning);
  const OnnxMeaning* find(const Scope& scope, const std::string& name) const;
  const OnnxMeaning& resolve(const Scope& scope, const std::string& name) const;
  void read_exits(const onnx::GraphProto& graph, const Scope& scope);
  [[noreturn]] void fail(const std::string& what) const;

  // Access to a node's inputs (importer.cpp); each throws Refused where the input is of another kind.
  bool has_input(const Context& context, int i) const;
  void check_inputs(const Context& context, int least, int most) const;
  const OnnxMeaning& input(const Context& context, int i) const;
  const Activation& activation(const Context& context, int i) const;  // without pending padding
  const Activation& padded_activation(const Context& context, int i) const;
  bool is_constant(const Context& context, int i) const;
  TensorData constant(const Context& context, int i) const;
  std::vector<float> weights(const Context& context, int i, std::vector<std::int64_t>& dims);
  double scalar(const Context& context, int i) const;
  const DraftNode& draft_node(int i) const { return draft_.nodes[static_cast<std::size_t>(i)]; }

  /// Appends a layer, its shape computed and checked.
  OnnxMeaning append(const Context& context, Layer layer, std::vector<int> inputs, bool vector,
                     bool non_negative);
  /// Per-channel constant of an arithmetic node, spread to the channels of `node`.
  std::vector<double> per_channel(const Context& context, int i, int node) const;

  // One handler an op type: layers (import_layers.cpp), constants (import_constants.cpp), windows
  // (import_windows.cpp), exits (import_exits.cpp).
  OnnxMeaning gemm(Context& context);
  OnnxMeaning mat_mul(Context& context);
  OnnxMeaning batch_normalization(Context& context);
  OnnxMeaning relu(Context& context);
  OnnxMeaning clip(Context& context);
  OnnxMeaning add(Context& context);
  OnnxMeaning sub(Context& context);
  OnnxMeaning mul(Context& context);
  OnnxMeaning div(Context& context);
  OnnxMeaning affine(Context& context, int node, std::vector<double> scale, std::vector<double> shift);
  OnnxMeaning flatten(Context& context);
  OnnxMeaning reshape(Context& context);
  OnnxMeaning dropout(Context& context);
  OnnxMeaning identity(Context& context);

  OnnxMeaning constant_node(Context& context);
  OnnxMeaning dequantize_linear(Context& context);
  OnnxMeaning cast_constant(const Constant& constant, std::int64_t to) const;
  TensorData read_constant(const Constant& constant) const;

  OnnxMeaning conv(Context& context);
  OnnxMeaning max_pool(Context& context);
  OnnxMeaning average_pool(Context& context);
  OnnxMeaning global_average_pool(Context& context);
  OnnxMeaning pad(Context& context);
  Window window(Context& context, const Activation& in, std::vector<std::int64_t> kernel);
  void apply_ceil_mode(Context& context, Window& window, const Shape& in, bool may_extend) const;

  OnnxMeaning softmax(Context& context);
  OnnxMeaning log_softmax(Context& context);
  OnnxMeaning probabilities(Context& context, bool logarithm);
  OnnxMeaning reduce_max(Context& context);
  OnnxMeaning greater(Context& context);
  OnnxMeaning less(Context& context);
  OnnxMeaning compare(Context& context, bool greater);
  OnnxMeaning invert(Context& context);
  OnnxMeaning cast(Context& context);
  OnnxMeaning if_node(Context& context);
  OnnxMeaning branch(const Context& context, const onnx::GraphProto& graph, const char* which);
  Exit exit_of(const OnnxMeaning& meaning, const std::string& name) const;

  Source source_;
  Draft draft_;
  std::int64_t weights_ = 0;            // elements imported so far
  std::deque<onnx::TensorProto> made_;  // constants given as plain attributes
  std::unordered_map<std::string, std::pair<fixed::Criterion, double>>
      levels_;  // from metadata, by exit name
};

}  // namespace offramp::net
