import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Client } from "../core/client.ts";
import { ConfigurationError } from "../core/errors.ts";

/**
 * The public keys of a client, from a file: a key in PEM, or a JSON Web Key Set.
 * @throws ConfigurationError where there are none; what a set holds is checked with the rest of the client.
 */
export function readPublicKeys(file: string): NonNullable<Client["jwks"]> {
  const text = readText(file);
  // OpenSSL would make the public key of it: then the private one has been handed over, and nobody was told.
  if (/PRIVATE KEY-----/.test(text)) {
    throw new ConfigurationError(
      `${file} holds a private key, which stays with the client. Give the public one: openssl pkey -in <file> -pubout`,
    );
  }
  try {
    if (text.includes("-----BEGIN")) return { keys: [createPublicKey(text).export({ format: "jwk" })] };
    return JSON.parse(text) as NonNullable<Client["jwks"]>;
  } catch {
    throw new ConfigurationError(`${file} is neither a public key in PEM nor a JSON Web Key Set.`);
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigurationError(
      `The file ${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`,
    );
  }
}
