import { createHash } from "node:crypto";
import type { Row } from "./table-queries.ts";

/**
 * A checksum of rows in whatever order they come: databases sort text differently. The sum of a hash for each row, so it
 * tells a difference that happened from none; it is no proof against somebody who makes one.
 */
export type Digest = {
  add(row: Row): void;
  /** 32 hexadecimal digits. */
  text(): string;
};

const HALF = 1n << 64n;

export function createDigest(): Digest {
  let [high, low] = [0n, 0n];
  return {
    add(row) {
      const hash = createHash("sha256").update(canonical(row)).digest();
      high = BigInt.asUintN(64, high + hash.readBigUInt64BE(0));
      low = BigInt.asUintN(64, low + hash.readBigUInt64BE(8));
    },
    text: () => (HALF + high).toString(16).slice(1) + (HALF + low).toString(16).slice(1),
  };
}

/** One text for a row, whichever database it is in and in whatever order its columns are. */
export function canonical(row: Row): string {
  return JSON.stringify(Object.entries(row).sort(([left], [right]) => (left < right ? -1 : 1)));
}
