/** SHA-256 of Node, some times faster than the one that also runs in a browser. */
import type { Hash } from "@paylog/transparency/Sha256"
import { hash } from "node:crypto"

export const sha256: Hash = (data) => hash("sha256", data, "buffer")
