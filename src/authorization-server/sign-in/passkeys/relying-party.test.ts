import { expect, it, test } from "vitest";
import { ConfigurationError } from "../../../core/errors.ts";
import { relyingPartyOf } from "./relying-party.ts";

test.each([
  ["https://mcp.example.com", "mcp.example.com", "https://mcp.example.com"],
  ["https://mcp.example.com:8443/base", "mcp.example.com", "https://mcp.example.com:8443"],
  ["HTTPS://MCP.Example.com/", "mcp.example.com", "https://mcp.example.com"],
  ["https://bücher.example", "xn--bcher-kva.example", "https://xn--bcher-kva.example"],
  ["http://localhost:3000", "localhost", "http://localhost:3000"],
  ["http://gate.localhost:3000", "gate.localhost", "http://gate.localhost:3000"],
])("%s is the relying party %s, at %s alone", (issuer, id, origin) => {
  expect(relyingPartyOf(issuer, "My app")).toEqual({ id, origin, name: "My app" });
});

test.each([
  ["https://192.0.2.7", "an IP address", "a URL with a host name"],
  ["https://[2001:db8::7]:8443", "an IP address", "a URL with a host name"],
  ["http://127.0.0.1:3000", "an IP address", "http://localhost:3000"],
  ["http://[::1]:3000", "an IP address", "http://localhost:3000"],
  ["http://mcp.example.com", "on https only", "an https:// URL"],
  ["http://gate:3000", "on https only", "an https:// URL"],
])("%s can have no passkeys: it is %s", (issuer, why, instead) => {
  const relyingParty = () => relyingPartyOf(issuer, "My app");
  expect(relyingParty).toThrow(ConfigurationError);
  expect(relyingParty).toThrow(`passkeys() can't be used at ${issuer}: browsers make `);
  expect(relyingParty).toThrow(why);
  expect(relyingParty).toThrow(`Set publicUrl to ${instead}, or remove passkeys().`);
});

it("is never a host that only looks like one on this computer", () => {
  for (const issuer of ["http://localhost.example.com", "http://notlocalhost"]) {
    expect(() => relyingPartyOf(issuer, "My app")).toThrow("on https only");
  }
});
