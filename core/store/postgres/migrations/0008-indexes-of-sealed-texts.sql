-- PostgreSQL cannot tell that what has a digest is not NULL, and so took no partial index for a comparison of sealed texts.
CREATE INDEX faces_by_sealed_key ON faces (collection, digest_in(external_key));
CREATE INDEX profiles_by_sealed_email ON profiles (digest_in(email));
DROP INDEX faces_by_external_key;
DROP INDEX profiles_by_email;
