// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/given_numbers.h"

#include "ops/adopt.h"
#include "runtime/concrete_tensor.h"
#include "runtime/float_environment.h"
#include "runtime/symbolic_dim.h"

#include <cstring>

namespace etch::tracer {
namespace {

using Fault = ops::Adoption::Fault;

ops::Scalar own_number(const detail::GivenNumber &number) {
  if (number.tensor.is_symbolic()) // asks for the extent
    return ops::Scalar::of(DType::i64, static_cast<int64_t>(*number.extent));
  runtime::ConcreteNode &node = runtime::concrete(number.tensor);
  ops::Scalar scalar{node.dtype, 0};
  std::memcpy(&scalar.bits, node.contiguous_elements(), size_of(node.dtype));
  return scalar;
}

ops::Adoption adoption(const detail::GivenNumber &number, DType dtype) {
  const ops::Scalar own = own_number(number);
  const Literal literal{own.dtype, is_floating(own.dtype) ? own.as_double() : 0,
                        is_floating(own.dtype) ? 0 : own.as_integer(), false};
  const runtime::FloatEnvironment environment; // numbers round to nearest, whatever the host has set
  return ops::adoption(literal, dtype);
}

size_t position_of(const detail::FlatArguments &arguments, const detail::GivenNumber &number) {
  size_t position = 0;
  while (arguments.tensors.data()[position] != &number.tensor)
    ++position;
  return position;
}

std::string reason(Fault fault, DType dtype) {
  switch (fault) {
  case Fault::none:
    break;
  case Fault::boolean:
    return std::string("bool and numbers do not mix: write ") +
           (dtype == DType::boolean ? "true or false" : "a number");
  case Fault::fraction:
    return "a float cannot become an integer unasked: write an integer";
  case Fault::range:
    return "the number must fit " + std::string(name_of(dtype));
  }
  return {};
}

} // namespace

void adopt_dtypes(const detail::FlatArguments &arguments, const DTypeAt &dtype_at, Location location) {
  for (detail::GivenNumber *number = arguments.numbers; number; number = number->next) {
    const std::optional<DType> dtype = dtype_at(position_of(arguments, *number));
    if (!dtype || *dtype == number->tensor.dtype())
      continue;
    const bool is_open = number->tensor.is_symbolic();
    if (is_open && *dtype == DType::boolean)
      continue;
    if (is_open && runtime::holds_open_extents(*dtype))
      number->tensor = runtime::open_dim_tensor(*number->extent, *dtype, location);
    else if (const ops::Adoption adopted = adoption(*number, *dtype); adopted.fault == Fault::none)
      number->tensor = detail::from_elements(&adopted.number.bits, 1, *dtype, Shape{}, location);
  }
}

MisfitText misfit_text(const detail::FlatArguments &arguments, size_t position, DType dtype) {
  const Tensor *tensor = arguments.tensors.data()[position];
  for (const detail::GivenNumber *number = arguments.numbers; number; number = number->next)
    if (&number->tensor == tensor && tensor->dtype() != dtype && !tensor->is_symbolic())
      return {own_number(*number).text(), reason(adoption(*number, dtype).fault, dtype)};
  return {spec_text(*tensor), ""};
}

} // namespace etch::tracer
