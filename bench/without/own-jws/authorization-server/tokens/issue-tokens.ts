import * as own from "../../../../../src/authorization-server/tokens/issue-tokens.ts";

/** Waits for the signature, which is a promise here. */
export function createTokenIssuer(...parts: Parameters<typeof own.createTokenIssuer>) {
  const issue = own.createTokenIssuer(...parts);
  return async (...grant: Parameters<own.IssueTokens>) => {
    const response = issue(...grant);
    return { ...response, access_token: await response.access_token };
  };
}
