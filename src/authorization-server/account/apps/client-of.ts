import { type ClientIdentity, isDocumentUrl } from "../../../core/client.ts";

/** A client of which no more is known than what was recorded of it. */
export function clientOf(id: string, name: string | null): ClientIdentity {
  return { id, name, origin: isDocumentUrl(id) ? "metadata_document" : "registered", holdsKey: false };
}
