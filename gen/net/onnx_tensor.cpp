#include "net/onnx_tensor.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <string>

#include "base/text.h"
#include "net/external_data.h"
#include "net/refused.h"
#include "net/shapes.h"

namespace offramp::net {
namespace {

using onnx::TensorProto;

static_assert(std::endian::native == std::endian::little, "raw_data is read as little endian");

/// IEEE 754 half precision to single, exactly.
float from_half(std::uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const int fraction = half & 1023;
  const float sign = (half & 0x8000) != 0 ? -1.0F : 1.0F;
  if (exponent == 31) return fraction != 0 ? std::nanf("") : sign * HUGE_VALF;
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
}

float from_bfloat(std::uint16_t value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

std::size_t element_bytes(int type) {
  switch (type) {
    case TensorProto::FLOAT:
    case TensorProto::INT32:
    case TensorProto::UINT32:
      return 4;
    case TensorProto::DOUBLE:
    case TensorProto::INT64:
      return 8;
    case TensorProto::FLOAT16:
    case TensorProto::BFLOAT16:
    case TensorProto::INT16:
    case TensorProto::UINT16:
      return 2;
    case TensorProto::INT8:
    case TensorProto::UINT8:
    case TensorProto::BOOL:
      return 1;
    default:
      throw Refused(fmt::format("its element type {} is not supported; use float32",
                                TensorProto::DataType_IsValid(type)
                                    ? TensorProto::DataType_Name(static_cast<TensorProto::DataType>(type))
                                    : std::to_string(type)));
  }
}

std::string dims_text(const TensorProto& tensor) {
  std::string text;
  for (const std::int64_t dim : tensor.dims()) text += (text.empty() ? "" : "x") + std::to_string(dim);
  return text.empty() ? "scalar" : text;
}

/// The elements of raw bytes of type From, converted by `convert`.
template <typename From, typename To, typename Convert>
std::vector<To> unpack(const std::string& bytes, Convert convert) {
  std::vector<To> result(bytes.size() / sizeof(From));
  for (std::size_t i = 0; i < result.size(); ++i) {
    From value;
    std::memcpy(&value, bytes.data() + i * sizeof(From), sizeof(From));
    result[i] = static_cast<To>(convert(value));
  }
  return result;
}

void from_bytes(int type, const std::string& bytes, TensorData& data) {
  const auto same = [](auto v) { return v; };
  switch (type) {
    case TensorProto::FLOAT:
      data.reals = unpack<float, float>(bytes, same);
      break;
    case TensorProto::DOUBLE:
      data.reals = unpack<double, float>(bytes, same);
      break;
    case TensorProto::FLOAT16:
      data.reals = unpack<std::uint16_t, float>(bytes, from_half);
      break;
    case TensorProto::BFLOAT16:
      data.reals = unpack<std::uint16_t, float>(bytes, from_bfloat);
      break;
    case TensorProto::INT64:
      data.integers = unpack<std::int64_t, std::int64_t>(bytes, same);
      break;
    case TensorProto::INT32:
      data.integers = unpack<std::int32_t, std::int64_t>(bytes, same);
      break;
    case TensorProto::UINT32:
      data.integers = unpack<std::uint32_t, std::int64_t>(bytes, same);
      break;
    case TensorProto::INT16:
      data.integers = unpack<std::int16_t, std::int64_t>(bytes, same);
      break;
    case TensorProto::UINT16:
      data.integers = unpack<std::uint16_t, std::int64_t>(bytes, same);
      break;
    case TensorProto::INT8:
      data.integers = unpack<std::int8_t, std::int64_t>(bytes, same);
      break;
    default:  // UINT8, BOOL
      data.integers = unpack<std::uint8_t, std::int64_t>(bytes, same);
      break;
  }
}

/// How many elements the typed field for `type` holds.
std::int64_t field_size(const TensorProto& tensor) {
  switch (tensor.data_type()) {
    case TensorProto::FLOAT:
      return tensor.float_data_size();
    case TensorProto::DOUBLE:
      return tensor.double_data_size();
    case TensorProto::INT64:
      return tensor.int64_data_size();
    case TensorProto::UINT32:
      return tensor.uint64_data_size();
    default:  // the 8- and 16-bit types, and int32
      return tensor.int32_data_size();
  }
}

void from_fields(const TensorProto& tensor, TensorData& data) {
  const auto bits = [](std::int32_t v) { return static_cast<std::uint16_t>(v & 0xffff); };
  switch (tensor.data_type()) {
    case TensorProto::FLOAT:
      data.reals.assign(tensor.float_data().begin(), tensor.float_data().end());
      break;
    case TensorProto::DOUBLE:
      for (const double v : tensor.double_data()) data.reals.push_back(static_cast<float>(v));
      break;
    case TensorProto::FLOAT16:
      for (const std::int32_t v : tensor.int32_data()) data.reals.push_back(from_half(bits(v)));
      break;
    case TensorProto::BFLOAT16:
      for (const std::int32_t v : tensor.int32_data()) data.reals.push_back(from_bfloat(bits(v)));
      break;
    case TensorProto::INT64:
      data.integers.assign(tensor.int64_data().begin(), tensor.int64_data().end());
      break;
    case TensorProto::UINT32:
      for (const std::uint64_t v : tensor.uint64_data())
        data.integers.push_back(static_cast<std::int64_t>(v));
      break;
    default:
      data.integers.assign(tensor.int32_data().begin(), tensor.int32_data().end());
      break;
  }
}

/// Row-major position as "[2, 0, 1]", for a message that leads to the weight.
std::string index_text(std::size_t flat, const std::vector<std::int64_t>& dims) {
  std::string text;
  for (std::size_t i = dims.size(); i-- > 0;) {
    const auto dim = static_cast<std::size_t>(dims[i]);
    text = std::to_string(flat % dim) + (text.empty() ? "" : ", ") + text;
    flat /= dim;
  }
  return "[" + text + "]";
}

}  // namespace

namespace {

std::string tensor_text(const TensorProto& tensor) {
  return "the tensor " + in_quotes(tensor.name()) + ": ";
}

}  // namespace

std::int64_t element_count(const TensorProto& tensor) {
  std::int64_t count = 1;
  bool empty = false;
  for (const std::int64_t dim : tensor.dims()) {
    if (dim < 0 || dim > kMaxElements) {
      throw Refused(fmt::format("{}its dimensions {} contain {}; they must be 1 to {}", tensor_text(tensor),
                                dims_text(tensor), dim, kMaxElements));
    }
    empty = empty || dim == 0;
    if (dim != 0 && count > kMaxElements / dim) {
      throw Refused(fmt::format("{}its dimensions {} make more than {} elements", tensor_text(tensor),
                                dims_text(tensor), kMaxElements));
    }
    if (dim != 0) count *= dim;
  }
  return empty ? 0 : count;
}

TensorData read_tensor(const TensorProto& tensor, const std::filesystem::path& folder) {
  const std::int64_t count = element_count(tensor);
  try {
    const std::uint64_t bytes = static_cast<std::uint64_t>(count) * element_bytes(tensor.data_type());
    if (tensor.has_segment()) throw Refused("it is stored in segments, which is not supported");
    TensorData data;
    data.dims.assign(tensor.dims().begin(), tensor.dims().end());
    const int type = tensor.data_type();
    data.is_real = type == TensorProto::FLOAT || type == TensorProto::DOUBLE ||
                   type == TensorProto::FLOAT16 || type == TensorProto::BFLOAT16;
    const bool external = tensor.data_location() == TensorProto::EXTERNAL;
    if (external) {
      from_bytes(type, read_external_data(tensor, folder, bytes), data);
    } else if (tensor.has_raw_data()) {
      if (tensor.raw_data().size() != bytes) {
        throw Refused(fmt::format("its raw_data has {} bytes and its dimensions {} need {}",
                                  tensor.raw_data().size(), dims_text(tensor), bytes));
      }
      from_bytes(type, tensor.raw_data(), data);
    } else {
      if (field_size(tensor) != count) {
        throw Refused(fmt::format("it holds {} elements and its dimensions {} need {}", field_size(tensor),
                                  dims_text(tensor), count));
      }
      from_fields(tensor, data);
    }
    for (std::size_t i = 0; i < data.reals.size(); ++i) {
      if (!std::isfinite(data.reals[i])) {
        throw Refused(
            fmt::format("its element {} is {}; every weight must be a finite float32, so train or "
                        "export again",
                        index_text(i, data.dims), data.reals[i]));
      }
    }
    return data;
  } catch (const Refused& refused) {
    throw Refused(tensor_text(tensor) + refused.what());
  }
}

}  // namespace offramp::net
