import type { MigrationSet } from "@paylog/event-store/Migrations"

/** The tables of this package. They come after the log's. */
export const migrations: MigrationSet = {
  name: "sealer",
  folder: new URL("../sql/migrations/", import.meta.url),
}
