import { describe, expect, it } from "vitest";
import { isPrivateAddress, networkOf } from "./addresses.ts";

describe("networks", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["192.0.2.7:50123", "192.0.2.7"],
    ["[2001:db8::1]:50123", "2001:db8:0:0::/64"],
    ["[2001:db8::1]", "2001:db8:0:0::/64"],
    ["no address", "no address"],
    [undefined, "unknown"],
  ])("%s is %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it("of an IPv6 address may be its /48", () => {
    expect(networkOf("2001:db8:7:1::1", 48)).toBe("2001:db8:7::/48");
    expect(networkOf("2001:db8:7:2::1", 48)).toBe("2001:db8:7::/48");
    expect(networkOf("192.0.2.7", 48)).toBe("192.0.2.7");
  });
});

describe("private addresses", () => {
  it.each([
    "127.0.0.1",
    "::1",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.1.1",
    "100.64.0.1",
    "100.127.255.255",
    "fd00::1",
    "fc00::1",
    "fe80::1%eth0",
    "::ffff:10.1.2.3",
    "10.1.2.3:50123",
    "[fd00::1]:50123",
  ])("%s is private", (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });

  it.each([
    "203.0.113.7",
    "172.15.0.1",
    "172.32.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "2001:db8::1",
    "::ffff:203.0.113.7",
    "203.0.113.7:50123",
    "10.1",
    "unknown",
    "",
  ])("%s is not", (address) => {
    expect(isPrivateAddress(address)).toBe(false);
  });
});
