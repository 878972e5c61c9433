import { createHash } from "node:crypto"

export const sha256 = (content: Uint8Array | string): Uint8Array => createHash("sha256").update(content).digest()

export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")
