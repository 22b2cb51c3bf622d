import { join } from "node:path";
import { CHECKOUT } from "../checkout.ts";

/**
 * What each process that a test starts has of this one's environment. Node keeps there what it compiled: without it,
 * each spends as long again on stripping types.
 */
export const HERE = {
  PATH: process.env.PATH ?? "",
  HOME: process.env.HOME ?? "",
  NODE_COMPILE_CACHE: join(CHECKOUT, "node_modules/.cache/gatehouse-compiled"),
};
