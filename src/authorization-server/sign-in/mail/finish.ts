import { OAuthError } from "../../../core/errors.ts";
import { logRefusal } from "../../../http/boundary.ts";
import type { Peer } from "../../../http/peer.ts";
import type { Visit } from "../method.ts";
import { mailProof } from "./identity.ts";
import type { MailSignInParts } from "./sign-in-parts.ts";

/** The mail was read, and is used up: the sign-in ends as every other does. */
export async function finish(
  visit: Visit,
  { mailbox, createdAt }: { readonly mailbox: string; readonly createdAt: number },
  request: Request,
  peer: Peer,
  parts: MailSignInParts,
): Promise<Response> {
  const { signIns, signInPage, limits, method, clock, log } = parts;
  try {
    await limits.remember(mailbox, peer.address);
    const { proof, people } = await mailProof(mailbox, parts, clock());
    // As old as the mail: a sign-out ends mails that are on their way.
    const proved = { method: { ...method, people }, visit, proof, askedAt: createdAt };
    return await signIns.complete(proved, request, peer);
  } catch (error) {
    if (!(error instanceof OAuthError) || error.status < 500) throw error;
    // The mail is used up, so loading this page again would not help.
    logRefusal(error, request, log, peer);
    return signInPage.again(method, visit, "server_down", peer.correlationId);
  }
}
