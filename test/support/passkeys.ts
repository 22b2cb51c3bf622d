import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isoCBOR } from "@simplewebauthn/server/helpers";

/** What a page asks the browser for, as its script reads it. */
export type AskedForPasskey = {
  readonly challenge: string;
  readonly rpId?: string;
  readonly rp?: { readonly id: string };
  readonly user?: { readonly id: string; readonly name: string };
  readonly excludeCredentials?: readonly { readonly id: string }[];
};

/** What a browser and an authenticator say; each is what an honest one would, unless it is given. */
export type Said = {
  readonly origin?: string;
  readonly rpId?: string;
  readonly challenge?: string;
  readonly type?: string;
  readonly crossOrigin?: boolean;
  readonly userVerified?: boolean;
  readonly userPresent?: boolean;
  readonly counter?: number;
  readonly userHandle?: string | null;
  readonly isSynced?: boolean;
  readonly isBackedUp?: boolean;
  /** The id of the credential. */
  readonly id?: string;
  /** The signature of another key. */
  readonly key?: KeyObject;
  /** Of a passkey that is made: its attestation. */
  readonly attestation?: { readonly fmt: string; readonly attStmt: Map<string, unknown> };
};

/** An authenticator with one passkey, in software, and the browser around it. */
export type Authenticator = {
  readonly id: string;
  /** Makes the passkey, and says what the page's script posts. */
  create(asked: AskedForPasskey, said?: Said): string;
  /** Signs with it. */
  get(asked: AskedForPasskey, said?: Said): string;
};

const ORIGIN = "https://mcp.example";

/** @param counts whether it counts its signatures; most synced passkeys say 0 each time */
export function createAuthenticator({ counts = true } = {}): Authenticator {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const id = randomBytes(16).toString("base64url");
  let [signatures, userHandle] = [0, ""];

  const clientData = (type: string, { challenge }: AskedForPasskey, said: Said) =>
    Buffer.from(
      JSON.stringify({
        type: said.type ?? type,
        challenge: said.challenge ?? challenge,
        origin: said.origin ?? ORIGIN,
        crossOrigin: said.crossOrigin ?? false,
      }),
    );

  const authenticatorData = (rpId: string, said: Said, attested = Buffer.alloc(0)) => {
    const { userPresent = true, userVerified = true, isSynced = false, isBackedUp = false } = said;
    const flags =
      (userPresent ? 0x01 : 0) |
      (userVerified ? 0x04 : 0) |
      (isSynced ? 0x08 : 0) |
      (isBackedUp ? 0x10 : 0) |
      (attested.length > 0 ? 0x40 : 0);
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(said.counter ?? (counts ? signatures : 0));
    return Buffer.concat([sha256(said.rpId ?? rpId), Buffer.from([flags]), counter, attested]);
  };

  return {
    id,
    create(asked, said = {}) {
      userHandle = asked.user?.id ?? "";
      const credentialId = Buffer.from(said.id ?? id, "base64url");
      const length = Buffer.alloc(2);
      length.writeUInt16BE(credentialId.length);
      const attested = Buffer.concat([Buffer.alloc(16), length, credentialId, coseKey(publicKey)]);
      const { fmt, attStmt } = said.attestation ?? { fmt: "none", attStmt: new Map() };
      const authData = new Uint8Array(authenticatorData(asked.rp?.id ?? "", said, attested));
      const attestationObject = isoCBOR.encode(
        new Map<string, unknown>([
          ["fmt", fmt],
          ["attStmt", attStmt],
          ["authData", authData],
        ]) as Parameters<typeof isoCBOR.encode>[0],
      );
      return answer(
        said.id ?? id,
        {
          clientDataJSON: clientData("webauthn.create", asked, said),
          attestationObject: Buffer.from(attestationObject),
        },
        { transports: ["internal"] },
      );
    },
    get(asked, said = {}) {
      signatures += 1;
      const clientDataJSON = clientData("webauthn.get", asked, said);
      const data = authenticatorData(asked.rpId ?? "", said);
      const signature = sign("sha256", Buffer.concat([data, sha256(clientDataJSON)]), said.key ?? privateKey);
      const handle = said.userHandle === undefined ? userHandle : said.userHandle;
      return answer(
        said.id ?? id,
        { clientDataJSON, authenticatorData: data, signature },
        handle === null ? {} : { userHandle: handle },
      );
    },
  };
}

/** The options in a page: of its one place for a passkey. Where it has none, an empty challenge. */
export function optionsIn(html: string): AskedForPasskey {
  const [, options = '{"challenge":""}'] = /data-options="([^"]*)"/.exec(html) ?? [];
  return JSON.parse(options.replaceAll("&quot;", '"').replaceAll("&amp;", "&").replaceAll("&#39;", "'"));
}

function answer(id: string, bytes: Readonly<Record<string, Buffer>>, more: object): string {
  const encoded = Object.entries(bytes).map(([name, value]) => [name, value.toString("base64url")]);
  return JSON.stringify({
    id,
    rawId: id,
    type: "public-key",
    response: { ...Object.fromEntries(encoded), ...more },
  });
}

function sha256(data: string | Buffer): Buffer {
  return createHash("sha256").update(data).digest();
}

/** ES256 as COSE_Key (RFC 9053 §2.1, §7.1). */
function coseKey(key: KeyObject): Buffer {
  const { x = "", y = "" } = key.export({ format: "jwk" });
  const cose = new Map<number, number | Uint8Array>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, new Uint8Array(Buffer.from(x, "base64url"))],
    [-3, new Uint8Array(Buffer.from(y, "base64url"))],
  ]);
  return Buffer.from(isoCBOR.encode(cose as Parameters<typeof isoCBOR.encode>[0]));
}
