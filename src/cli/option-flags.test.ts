import { describe, expect, it } from "vitest";
import { withParts } from "../config/declared.ts";
import { serverOptions } from "../config/options-schema.ts";
import { flagOptions, OPTION_FLAGS, optionFlag } from "./option-flags.ts";

describe("the flags of the server's options", () => {
  it("are all that are declared, from whichever table", () => {
    const declared = withParts(serverOptions).filter(({ flag }) => flag !== undefined);
    expect(OPTION_FLAGS.map(({ path }) => path).sort()).toEqual(declared.map(({ path }) => path).sort());
  });

  it("are described by what is declared: sentence, default and variables", () => {
    expect(optionFlag("port").description).toBe(
      "the port to listen on; 0 lets the system choose (default: 3000) [env: GATEHOUSE_PORT, PORT]",
    );
    expect(optionFlag("port", "9000").description).toContain("(default: 9000)");
    expect(optionFlag("debug").description).toBe("write more log lines [env: GATEHOUSE_DEBUG]");
  });

  it("set options as their variables do, and are named where they are wrong", () => {
    const flags = { port: "8080", tlsCert: "a.pem", allowInsecurePublicUrl: true, json: true };
    expect(Object.fromEntries(flagOptions(flags))).toEqual({
      port: { variable: "--port", value: 8080 },
      "tls.cert": { variable: "--tls-cert", value: "a.pem" },
      allowInsecurePublicUrl: { variable: "--allow-insecure-public-url", value: true },
    });
  });
});
