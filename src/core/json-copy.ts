/** A copy of what JSON can hold, to hand out: what a function of the operator's does with it changes nothing here. */
export function jsonCopy<Value>(value: Value): Value {
  return value === undefined ? value : JSON.parse(JSON.stringify(value));
}
