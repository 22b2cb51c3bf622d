import { z } from "zod";

/** Where people read about the server (`resource_documentation`, RFC 9728 §2), the same for every kind of server. */
export const documentationOption = z.url({ error: "an absolute URL", protocol: /^https?$/ }).optional();
