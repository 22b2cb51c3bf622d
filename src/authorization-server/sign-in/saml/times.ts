const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

/** Epoch milliseconds of a time in SAML, which is in UTC (SAML 2.0 Core §1.3.3); undefined where it is none. */
export function timeOf(written: string): number | undefined {
  const time = TIME.test(written) ? Date.parse(written) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
