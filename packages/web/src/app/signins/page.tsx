import type { Metadata } from "next";
import { SigninsPage } from "../../components/signins/signins-page.tsx";

export const metadata: Metadata = { title: "Sign-ins" };

export default function Page() {
  return <SigninsPage />;
}
