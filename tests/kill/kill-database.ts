import { DatabaseSync } from "node:sqlite";

/** In a trigger there may be no WITH; in a view there may. */
const ENDLESS =
  "CREATE VIEW kill_endless AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000) SELECT count(*) AS n FROM n";

/** The controller's database while the controller uses it. */
export class KillDatabase implements Disposable {
  readonly #db: DatabaseSync;

  constructor(path: string) {
    this.#db = new DatabaseSync(path);
    this.#db.exec("PRAGMA busy_timeout = 5000");
  }

  /** From now on who stores a connection of this provider goes on computing in the middle of its transaction. */
  trap(provider: string): void {
    this.#db.exec(ENDLESS);
    this.#db.exec(
      `CREATE TRIGGER kill_here AFTER INSERT ON connection WHEN NEW.provider = '${provider}' BEGIN SELECT n FROM kill_endless; END`,
    );
  }

  /** Whether somebody is in that transaction. */
  get isTrapped(): boolean {
    try {
      this.#db.exec("PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; ROLLBACK");
      return false;
    } catch {
      return true;
    } finally {
      this.#db.exec("PRAGMA busy_timeout = 5000");
    }
  }

  untrap(): void {
    this.#db.exec("DROP TRIGGER IF EXISTS kill_here; DROP VIEW IF EXISTS kill_endless");
  }

  /** The last step of a sign-in, while its controller answers nobody. */
  lastStep(signinId: string): string | undefined {
    const row = this.#db.prepare("SELECT steps_json FROM signin WHERE id = ?").get(signinId);
    const steps = JSON.parse(String(row?.steps_json ?? "[]")) as { readonly step: string }[];
    return steps.at(-1)?.step;
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}
