import type { Clock } from "../clock.ts";
import { type KeptSecret, keyFileVersion, makeKeyFile, readKeyFile, secretsAt } from "./key-file.ts";
import { createKeyring, type Keyring } from "./keyring.ts";

/**
 * The keyring of a key file, as the file is. It is looked at again when something does not open: another process that
 * has the file may know a secret already that this one does not.
 * @throws ConfigurationError where the file cannot be made or read.
 */
export function followKeyFile(file: string, clock: Clock): Keyring {
  let known = read(file, clock());

  /** Secrets that were replaced end by themselves. */
  const ring = (): Keyring => {
    const now = clock();
    if (now >= known.changesAt) known = derive(known.kept, known.version, now);
    return known.ring;
  };

  /** Says whether there is anything new. Without the file, what is known holds. */
  const lookAgain = (): boolean => {
    const version = keyFileVersion(file);
    if (version === undefined || version === known.version) return false;
    known = read(file, clock());
    return true;
  };

  return {
    mac: (label, text) => ring().mac(label, text),
    verifyMac: (label, text, mac) =>
      ring().verifyMac(label, text, mac) || (lookAgain() && ring().verifyMac(label, text, mac)),
    seal: (label, text) => ring().seal(label, text),
    async open(label, sealed) {
      const opened = await ring().open(label, sealed);
      return opened ?? (lookAgain() ? ring().open(label, sealed) : undefined);
    },
    lookAgain,
  };
}

type Known = {
  readonly kept: readonly KeptSecret[];
  readonly version: string | undefined;
  readonly ring: Keyring;
  /** Epoch milliseconds at which the next secret ends. */
  readonly changesAt: number;
};

function read(file: string, now: number): Known {
  // Before what is in it: a change in between is then seen as one the next time.
  const version = keyFileVersion(file);
  const kept = readKeyFile(file);
  if (kept) return derive(kept, version, now);
  makeKeyFile(file);
  return read(file, now);
}

function derive(kept: readonly KeptSecret[], version: string | undefined, now: number): Known {
  const ends = kept.flatMap(({ until }) => (until !== null && until > now ? [until] : []));
  return {
    kept,
    version,
    ring: createKeyring(secretsAt(kept, now)),
    changesAt: Math.min(...ends, Number.POSITIVE_INFINITY),
  };
}
