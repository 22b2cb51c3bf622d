import { networkOf } from "../../../platform/addresses.ts";

/** The networks that an address is in, from narrow to wide. */
export type Networks = {
  /** One household or machine: an IPv4 address, or a /64 of IPv6. */
  readonly host: string;
  /** One customer of a provider: a /56. IPv4 has no such width: it is the address again. */
  readonly site: string;
  /** What one can rent for little: a /48 of IPv6, or a /24 of IPv4. */
  readonly block: string;
};

/** An unknown address, and text that is no address, is a network of its own at every width. */
export function networksOf(address: string | undefined): Networks {
  return { host: networkOf(address), site: networkOf(address, 56), block: networkOf(address, 48, 24) };
}
