import { ButtonLink } from '../ui/button.tsx';
import { useTitle } from '../ui/chrome.ts';
import { PageHeader } from '../ui/page-header.tsx';
import { EmptyState } from '../ui/states.tsx';

export function NotFoundPage({ what = 'page' }: { readonly what?: string }) {
  useTitle('Not here');
  return (
    <>
      <PageHeader title="Not here" backTo="/" />
      <EmptyState
        title={`There is no such ${what}`}
        action={
          <ButtonLink kind="outline" href="/">
            Go home
          </ButtonLink>
        }
      >
        The address may be mistyped, or what was here has been deleted.
      </EmptyState>
    </>
  );
}
