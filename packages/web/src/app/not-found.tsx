import Link from "next/link";
import { Brand } from "../components/brand.tsx";
import css from "../components/login/login.module.css";

export default function NotFound() {
  return (
    <main id="main" className={css.page}>
      <div className={css.card}>
        <Brand size={44} />
        <h1>There is nothing here</h1>
        <p className={css.lead}>
          The address has a typing error, or the session is gone. <Link href="/">See all sessions</Link>
        </p>
      </div>
    </main>
  );
}
