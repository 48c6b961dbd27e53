import type { Metadata } from "next";
import { PeoplePage } from "../../components/people/people-page.tsx";

export const metadata: Metadata = { title: "Members & keys" };

export default function Page() {
  return <PeoplePage />;
}
