import { z } from "zod";

/** What the page's script posts of a passkey that was used, or made (WebAuthn Level 3 §5.1.8, `toJSON`). */
export type AssertionAnswer = z.output<typeof ASSERTION> & { readonly client: ClientData };
export type AttestationAnswer = z.output<typeof ATTESTATION> & { readonly client: ClientData };

/** What the browser says of the call (WebAuthn §5.8.1). The authenticator signs it. */
export type ClientData = z.output<typeof CLIENT_DATA>;

/** Undefined where the text is no such answer. */
export function readAssertion(text: string | undefined): AssertionAnswer | undefined {
  return read(ASSERTION, text);
}

/** Undefined where the text is no such answer. */
export function readAttestation(text: string | undefined): AttestationAnswer | undefined {
  return read(ATTESTATION, text);
}

const bytes = (maximum: number) =>
  z
    .string()
    .min(1)
    .max(maximum)
    .regex(/^[\w-]+$/);
/** At most 1023 bytes (WebAuthn §4, Credential ID). */
const CREDENTIAL_ID = bytes(1364);
const CLIENT_DATA_JSON = bytes(4096);

const common = {
  id: CREDENTIAL_ID,
  rawId: CREDENTIAL_ID,
  type: z.literal("public-key"),
  clientExtensionResults: z.object({}).default({}),
};

const ASSERTION = z.object({
  ...common,
  response: z.object({
    clientDataJSON: CLIENT_DATA_JSON,
    authenticatorData: bytes(8192),
    signature: bytes(4096),
    // The script says nothing where the authenticator has none.
    userHandle: bytes(128).optional(),
  }),
});

const ATTESTATION = z.object({
  ...common,
  response: z.object({
    clientDataJSON: CLIENT_DATA_JSON,
    attestationObject: bytes(32_768),
    transports: z.array(z.string().max(32)).max(10).default([]),
  }),
});

const CLIENT_DATA = z.object({
  type: z.string(),
  challenge: z.string(),
  origin: z.string(),
  crossOrigin: z.boolean().default(false),
});

function read<Answer extends { readonly response: { readonly clientDataJSON: string } }>(
  schema: z.ZodType<Answer>,
  text = "",
): (Answer & { readonly client: ClientData }) | undefined {
  const answer = schema.safeParse(jsonOf(text));
  if (!answer.success) return undefined;
  const json = Buffer.from(answer.data.response.clientDataJSON, "base64url").toString();
  const client = CLIENT_DATA.safeParse(jsonOf(json));
  return client.success ? { ...answer.data, client: client.data } : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
