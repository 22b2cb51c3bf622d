import { describe, expect, it } from "vitest";
import { leadsTo, reasonIn } from "../support/sign-in/journey.ts";
import { signInBySaml, startSamlServer } from "../support/sign-in/saml-journey.ts";

describe("sign-in with SAML", () => {
  it.each(["assertion", "both"] as const)("signs a person in, where the %s is signed", async (signs) => {
    const server = await startSamlServer();
    const { response } = await signInBySaml(server, { signs });
    expect([leadsTo(response), reasonIn(server)]).toEqual(["/oauth/consent", "undefined"]);
  });
});
