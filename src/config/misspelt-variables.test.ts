import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../core/errors.ts";
import { refuseMisspelt } from "./misspelt-variables.ts";

const KNOWN = [
  "PORT",
  "DATABASE_URL",
  "MCP_SERVER_URL",
  "RESOURCE_ID",
  "GATEHOUSE_DATABASE",
  "GATEHOUSE_SECRET",
  "GATEHOUSE_PUBLIC_URL",
  "SIGN_IN_ADMIT",
  "SIGN_IN_ADMIT_EMAILS",
  "SIGN_IN_DENY_EMAILS",
  "SIGN_IN_GOOGLE_CLIENT_ID",
  "OAUTH_ISSUER",
  "OAUTH_AUDIENCE",
  "OAUTH_JWKS_URI",
  "OAUTH_WELL_KNOWN_URL",
  "OAUTH_ALLOW_INSECURE_ISSUER",
  "SCALEKIT_ENVIRONMENT_URL",
  "SCALEKIT_RESOURCE_ID",
];

const refuse = (name: string, value = "do-not-show-me") => refuseMisspelt({ [name]: value }, KNOWN);

describe("a misspelt variable is refused", () => {
  it.each([
    ["OAUTH_ISUER", "OAUTH_ISSUER"],
    ["OAUTH_ISSUR", "OAUTH_ISSUER"],
    ["OAUTH_AUDIENC", "OAUTH_AUDIENCE"],
    ["OAUTH_AUDEINCE", "OAUTH_AUDIENCE"],
    ["OAUTH_JWK_URI", "OAUTH_JWKS_URI"],
    ["OAUTH_WELLKNOWN_URL", "OAUTH_WELL_KNOWN_URL"],
    ["OAUTH_ALLOW_INSECURE_ISUER", "OAUTH_ALLOW_INSECURE_ISSUER"],
    ["OATH_ISSUER", "OAUTH_ISSUER"],
    ["ATEHOUSE_SECRET", "GATEHOUSE_SECRET"],
    ["AGTEHOUSE_SECRET", "GATEHOUSE_SECRET"],
    ["OAUHT_ISSUER", "OAUTH_ISSUER"],
    ["oauth_issuer", "OAUTH_ISSUER"],
    ["O_AUTH_AUDIENCE", "OAUTH_AUDIENCE"],
    ["SCALEKIT_ENVIROMENT_URL", "SCALEKIT_ENVIRONMENT_URL"],
    ["SCALKIT_RESOURCE_ID", "SCALEKIT_RESOURCE_ID"],
    ["GATEHOUSE_SECERT", "GATEHOUSE_SECRET"],
    ["GATEHOSE_SECRET", "GATEHOUSE_SECRET"],
    ["GATE_HOUSE_PUBLIC_URL", "GATEHOUSE_PUBLIC_URL"],
    ["SIGN_IN_ADMIT_EMAIL", "SIGN_IN_ADMIT_EMAILS"],
    ["SIGNIN_DENY_EMAILS", "SIGN_IN_DENY_EMAILS"],
    ["SIGN_INN_GOOGLE_CLIENT_ID", "SIGN_IN_GOOGLE_CLIENT_ID"],
  ])("by a letter or two: %s, as %s is meant", (name, meant) => {
    const sentence = `${name} is not a variable of Gatehouse. Did you mean ${meant}? Correct it, or remove it.`;
    expect(() => refuse(name)).toThrow(new ConfigurationError(sentence));
  });

  it.each([
    ["GATEHOUSE_ADMIT", "SIGN_IN_ADMIT"],
    ["GATEHOUSE_ADMIT_EMAILS", "SIGN_IN_ADMIT_EMAILS"],
    ["GATEHOUSE_ADMIT_EMAIL", "SIGN_IN_ADMIT_EMAILS"],
    ["GATEHOUSE_SIGN_IN_DENY_EMAILS", "SIGN_IN_DENY_EMAILS"],
    ["GATEHOUSE_SIGNIN_DENY_EMAILS", "SIGN_IN_DENY_EMAILS"],
    ["GATEHOUSE_GOOGLE_CLIENT_ID", "SIGN_IN_GOOGLE_CLIENT_ID"],
    ["GATEHOUSE_OAUTH_ISSUER", "OAUTH_ISSUER"],
    ["GATEHOUSE_ISSUER", "GATEHOUSE_PUBLIC_URL"],
    ["GATEHOUSE_ISSUR", "GATEHOUSE_PUBLIC_URL"],
    ["GATEHOUSE_OAUTH_ISUER", "OAUTH_ISSUER"],
    ["GATEHOUSE_AUDIENCE", "OAUTH_AUDIENCE"],
    ["GATEHOUSE_DATABASE_URL", "GATEHOUSE_DATABASE"],
    ["GATEHOUSE_DATABASE_URI", "GATEHOUSE_DATABASE"],
    ["GATEHOUSE_MCP_SERVER_URL", "MCP_SERVER_URL"],
    ["GATEHOUSE_RESOURCE_ID", "SCALEKIT_RESOURCE_ID"],
    ["GATEHOUSE_PORT", "PORT"],
  ])("with our prefix in place of its own, or before it: %s, as %s is meant", (name, meant) => {
    expect(() => refuse(name)).toThrow(`Did you mean ${meant}?`);
  });
});

describe("no variable is refused", () => {
  it.each(KNOWN)("that is right: %s", (name) => refuse(name));

  it.each([
    "OAUTH_CLIENT_ID",
    "OAUTH_CLIENT_SECRET",
    "OAUTH_REDIRECT_URI",
    "OAUTH_TOKEN_URL",
    "OAUTH_AUTH_URL",
    "OAUTH_USER",
    "OAUTH_SCOPES",
    "OAUTH_JWKS",
    "OAUTH_JWKS_URL",
    "OAUTH_WELL_KNOWN_URI",
    "OAUTH_ISSUER_URL",
    "OAUTH_ISSUER_2",
    "OAUTH2_ISSUER",
    "AUTH_ISSUER",
    "AUTH_AUDIENCE",
    "MY_OAUTH_ISSUER",
    "X_GATEHOUSE_SECRET",
    "OIDC_ISSUER",
    "ISSUER",
    "AUDIENCE",
    "ADMIT_EMAILS",
    "DENY_EMAILS",
    "GOOGLE_CLIENT_ID",
    "SCALEKIT_CLIENT_ID",
    "SCALEKIT_CLIENT_SECRET",
    "GATEHOUSE_ADMIN",
    "GATEHOUSE_ADMIN_EMAILS",
    "GATEHOUSE_IMAGE",
    "POST",
    "PORTS",
    "DATABASE_URI",
    "RESOURCE_IDS",
  ])("that may be another program's: %s", (name) => refuse(name));

  it("that says nothing, or that Kubernetes sets for a service", () => {
    refuse("OAUTH_ISUER", " ");
    refuse("OAUTH_ISSUE_PORT", "tcp://10.0.0.1:80");
    refuse("GATEHOUSE_SECRET_SERVICE_HOST", "10.0.0.1");
  });
});
