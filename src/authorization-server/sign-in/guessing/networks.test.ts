import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { networksOf } from "./networks.ts";

const V4 = { host: "192.0.2.7", site: "192.0.2.7", block: "192.0.2.0/24" };
const V6 = { host: "2001:db8:a:1234::/64", site: "2001:db8:a:1200::/56", block: "2001:db8:a::/48" };

describe("the networks of an address", () => {
  it.each([
    ["192.0.2.7", V4],
    ["::ffff:192.0.2.7", V4],
    ["::ffff:c000:207", V4],
    ["192.0.2.7:50123", V4],
    ["[::ffff:192.0.2.7]:50123", V4],
    ["2001:db8:a:1234::1", V6],
    ["2001:0DB8:000A:1234:ffff::", V6],
    ["[2001:db8:a:1234::1]", V6],
    ["[2001:db8:a:1234::1]:50123", V6],
    ["2001:db8:a:1234::1%eth0", V6],
    ["2001:db8::1", { host: "2001:db8:0:0::/64", site: "2001:db8:0:0::/56", block: "2001:db8:0::/48" }],
    ["fe80::1%eth0", { host: "fe80:0:0:0::/64", site: "fe80:0:0:0::/56", block: "fe80:0:0::/48" }],
    [undefined, { host: "unknown", site: "unknown", block: "unknown" }],
    ["_hidden", { host: "_hidden", site: "_hidden", block: "_hidden" }],
  ])("%s", (address, networks) => {
    expect(networksOf(address)).toEqual(networks);
  });

  it("are those of the bits that two addresses share", () => {
    const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(groups, fc.integer({ min: 0, max: 127 }), (first, bit) => {
        // An address that is written without "::" and is no IPv4-mapped one.
        const parts = [0x2000 | (first[0] ?? 0), ...first.slice(1)];
        const other = parts.map((part, index) =>
          index === Math.floor(bit / 16) ? part ^ (0x8000 >> (bit % 16)) : part,
        );
        const [a, b] = [parts, other].map((each) =>
          networksOf(each.map((part) => part.toString(16)).join(":")),
        );
        expect(a?.host === b?.host).toBe(bit >= 64);
        expect(a?.site === b?.site).toBe(bit >= 56);
        expect(a?.block === b?.block).toBe(bit >= 48);
      }),
    );
  });
});
