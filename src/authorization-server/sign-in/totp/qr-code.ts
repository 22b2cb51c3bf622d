import type { QrCode } from "../../../pages/qr-code.ts";

/** A text as the dark squares of a QR code, for a page to draw. */
export async function qrCodeOf(text: string): Promise<QrCode> {
  const { encode } = await import("uqr");
  // The light border that scanners need around it (ISO/IEC 18004) is part of the code, also where the page is dark.
  const { data, size } = encode(text, { ecc: "M", border: 4 });
  const rows = data.map((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")).join(""));
  return { size, path: rows.join("") };
}
