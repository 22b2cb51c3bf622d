import { resolve } from "node:path";

/** The root of the project. */
export const CHECKOUT = resolve(import.meta.dirname, "../..");
