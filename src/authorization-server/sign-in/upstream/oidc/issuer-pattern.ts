/**
 * Whether an issuer is the named one. Entra writes `{tenantid}` where any tenant may be.
 * @param named an issuer, or a pattern of issuers
 */
export function fitsIssuer(issuer: string, named: string): boolean {
  const [before = "", after] = named.split("{tenantid}");
  return after === undefined ? issuer === named : issuer.startsWith(before) && issuer.endsWith(after);
}
