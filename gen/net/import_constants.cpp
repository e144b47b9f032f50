// Constants, and what may lie between them and the layer that reads them: DequantizeLinear and Cast, as
// models have them whose weights are stored in fewer bits.
#include <fmt/format.h>

#include <cmath>

#include "base/text.h"
#include "net/importer.h"
#include "net/refused.h"

namespace offramp::net {
namespace {

using onnx::TensorProto;

std::string type_text(int type) {
  return TensorProto::DataType_IsValid(type)
             ? TensorProto::DataType_Name(static_cast<TensorProto::DataType>(type))
             : std::to_string(type);
}

bool is_integer(int type) {
  return type == TensorProto::INT8 || type == TensorProto::UINT8 || type == TensorProto::INT16 ||
         type == TensorProto::UINT16 || type == TensorProto::INT32;
}

/// The parameter `what` of a DequantizeLinear must be one number, or as many as `along` (0: one).
void check_parameter(const TensorProto& tensor, const char* what, std::int64_t along) {
  const bool one = element_count(tensor) == 1 && tensor.dims_size() <= 1;
  const bool list = tensor.dims_size() == 1 && tensor.dims(0) == along;
  if (one || list) return;
  throw Refused(fmt::format("the {} {} has {} elements where one number{} is needed", what,
                            in_quotes(tensor.name()), element_count(tensor),
                            along == 0 ? "" : fmt::format(", or a list of {},", along)));
}

/// (element - zero point) * scale as float32, with one rounding like ONNX's.
std::vector<float> dequantize(const TensorData& data, const TensorData& scale, const TensorData& zero_point,
                              std::size_t axis) {
  std::size_t inner = 1;  // elements that lie together and share a scale
  for (std::size_t d = axis + 1; d < data.dims.size(); ++d) inner *= static_cast<std::size_t>(data.dims[d]);
  const std::size_t scales = scale.reals.size();
  const std::size_t zeros = zero_point.integers.size();
  std::vector<float> result(data.integers.size());
  for (std::size_t first = 0, i = 0; first < result.size(); first += inner, ++i) {
    const float factor = scale.reals[i % scales];
    const std::int64_t zero = zeros == 0 ? 0 : zero_point.integers[i % zeros];
    for (std::size_t k = first; k < first + inner; ++k) {
      result[k] = static_cast<float>(data.integers[k] - zero) * factor;
    }
  }
  return result;
}

}  // namespace

OnnxMeaning Importer::constant_node(Context& context) {
  check_inputs(context, 0, 0);
  if (const onnx::TensorProto* tensor = context.attributes.tensor("value")) return Constant{tensor};
  onnx::TensorProto& made = made_.emplace_back();
  made.set_name(context.proto.output(0));
  made.set_data_type(onnx::TensorProto::FLOAT);
  if (context.attributes.has("value_float")) {
    made.add_float_data(context.attributes.real("value_float", 0));
  } else if (context.attributes.has("value_floats")) {
    for (const float v : context.attributes.reals("value_floats")) made.add_float_data(v);
    made.add_dims(made.float_data_size());
  } else if (context.attributes.has("value_int")) {
    made.set_data_type(onnx::TensorProto::INT64);
    made.add_int64_data(context.attributes.integer("value_int", 0));
  } else if (context.attributes.has("value_ints")) {
    made.set_data_type(onnx::TensorProto::INT64);
    for (const std::int64_t v : context.attributes.integers("value_ints")) made.add_int64_data(v);
    made.add_dims(made.int64_data_size());
  } else {
    throw Refused("it holds no tensor or number; strings and sparse tensors are not supported");
  }
  return Constant{&made};
}

OnnxMeaning Importer::dequantize_linear(Context& context) {
  check_inputs(context, 1, 3);
  if (!is_constant(context, 0)) {
    throw Refused(
        fmt::format("it dequantizes {}; only weights may be stored as integers: give the float model, "
                    "offramp quantizes it",
                    describe(input(context, 0))));
  }
  check_inputs(context, 2, 3);
  Constant made = std::get<Constant>(input(context, 0));
  const TensorProto& tensor = *made.tensor;
  if (made.scale != nullptr || made.is_cast || !is_integer(tensor.data_type())) {
    throw Refused(fmt::format("it dequantizes {}, which does not hold integers of 8, 16 or 32 bits",
                              in_quotes(context.proto.input(0))));
  }
  const std::int64_t rank = tensor.dims_size();
  std::int64_t axis = context.attributes.integer("axis", 1);
  if (axis < 0) axis += rank;
  const auto parameter = [&](int i, const char* what) {
    const auto* constant = std::get_if<Constant>(&input(context, i));
    if (constant == nullptr || constant->scale != nullptr || constant->is_cast) {
      throw Refused(
          fmt::format("the {} {} is not a plain constant", what, in_quotes(context.proto.input(i))));
    }
    check_parameter(*constant->tensor, what,
                    axis >= 0 && axis < rank ? tensor.dims(static_cast<int>(axis)) : 0);
    return constant->tensor;
  };
  made.scale = parameter(1, "scale");
  if (made.scale->data_type() != TensorProto::FLOAT) {
    throw Refused(fmt::format("the scale {} has the element type {}; it must be FLOAT",
                              in_quotes(made.scale->name()), type_text(made.scale->data_type())));
  }
  if (has_input(context, 2)) {
    made.zero_point = parameter(2, "zero point");
    if (made.zero_point->data_type() != tensor.data_type()) {
      throw Refused(fmt::format("the zero point {} has the element type {} and the weights {}",
                                in_quotes(made.zero_point->name()), type_text(made.zero_point->data_type()),
                                type_text(tensor.data_type())));
    }
  }
  made.axis = axis >= 0 && axis < rank ? static_cast<std::size_t>(axis) : 0;
  return made;
}

OnnxMeaning Importer::cast_constant(const Constant& constant, std::int64_t to) const {
  if (to != TensorProto::FLOAT) {
    throw Refused(
        fmt::format("it casts a constant to element type {}; a constant can be cast to FLOAT alone", to));
  }
  Constant made = constant;
  made.is_cast = true;
  return made;
}

TensorData Importer::read_constant(const Constant& constant) const {
  TensorData data = read_tensor(*constant.tensor, source_.folder);
  if (constant.scale != nullptr) {
    const TensorData scale = read_tensor(*constant.scale, source_.folder);
    const TensorData zero_point =
        constant.zero_point != nullptr ? read_tensor(*constant.zero_point, source_.folder) : TensorData{};
    data.reals = dequantize(data, scale, zero_point, constant.axis);
    for (const float value : data.reals) {
      if (!std::isfinite(value)) {
        throw Refused(
            fmt::format("the tensor {}: dequantized, one of its elements is {}; every weight must be a "
                        "finite float32",
                        in_quotes(constant.tensor->name()), value));
      }
    }
  } else if (constant.is_cast && !data.is_real) {
    data.reals.assign(data.integers.begin(), data.integers.end());
  } else {
    return data;
  }
  data.integers.clear();
  data.is_real = true;
  return data;
}

}  // namespace offramp::net
