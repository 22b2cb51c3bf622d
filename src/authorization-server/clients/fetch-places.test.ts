import { describe, expect, test } from "vitest";
import { createFetchPlaces } from "./fetch-places.ts";

const strangers = (host: number | string, askedBy?: string) => ({
  url: `https://${typeof host === "number" ? `host-${host}.example` : host}/client`,
  askedBy,
  isWanted: false,
});
/** How many of these get a place, one after the other. */
function taken(take: (index: number) => (() => void) | undefined, attempts = 100): number {
  return Array.from({ length: attempts }, (_, index) => take(index)).filter(Boolean).length;
}

describe("places", () => {
  test("one host has four, whoever asks and whatever its spelling", () => {
    const places = createFetchPlaces(64);
    const spellings = ["slow.example", "slow.example:8443", "slow.example:9443", "slow.example."];
    expect(taken((i) => places.take(strangers(spellings[i % 4] ?? "", `203.0.113.${i}`)))).toBe(4);
    expect(places.take({ ...strangers("slow.example"), isWanted: true })).toBeUndefined();
    expect(places.take(strangers("other.example"))).toBeDefined();
  });

  test.each([
    ["an IPv4 address", (_i: number) => "203.0.113.7", 8],
    [
      "an IPv6 network, whose owner has any number of addresses",
      (i: number) => `2001:db8:7:${i.toString(16)}::1`,
      8,
    ],
    ["an address with a port", (i: number) => `203.0.113.7:${50_000 + i}`, 8],
    ["a proxy's private address, behind which everybody may be", (_i: number) => "10.0.0.1", 32],
    ["nobody knows where", (_i: number) => undefined, 32],
  ])("who asks from %s has so many", (_what, address, most) => {
    const places = createFetchPlaces(64);
    expect(taken((i) => places.take(strangers(i, address(i))))).toBe(most);
  });

  test("half of them are kept for what somebody here wants", () => {
    const places = createFetchPlaces(64);
    expect(taken((i) => places.take(strangers(i, `203.0.113.${i}`)))).toBe(32);
    // From a network that has its eight, too.
    expect(taken((i) => places.take({ ...strangers(1000 + i, "203.0.113.1"), isWanted: true }))).toBe(32);
    expect(taken((i) => places.take({ ...strangers(2000 + i), isWanted: true }))).toBe(0);
  });

  test("at a well-known client's host, one network has its eight and two a host, also of the kept half", () => {
    const places = createFetchPlaces(64);
    const wellKnown = (i: number, askedBy: string) =>
      places.take({ ...strangers(`known-${i % 8}.example`, askedBy), isWellKnown: true });
    expect(taken((i) => places.take(strangers(i, `203.0.113.${i}`)))).toBe(32);
    expect(taken(() => wellKnown(0, "198.51.100.7"))).toBe(2);
    expect(taken((i) => wellKnown(i, "198.51.100.7"))).toBe(6);
    expect(wellKnown(0, "198.51.100.8")).toBeDefined();
  });

  test("are free again when they are given back", () => {
    const places = createFetchPlaces(64);
    const take = () => places.take(strangers("slow.example", "203.0.113.7"));
    const held = [take(), take()];
    expect(take()).toBeUndefined();
    for (const giveBack of held) giveBack?.();
    expect(taken(() => take())).toBe(2);
  });
});
