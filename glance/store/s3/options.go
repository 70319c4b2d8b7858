package s3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"

	"cumulet/glance/store"
	"cumulet/oslo/config"
)

// Options are what a store of this kind is configured by. The names in comments are upstream's.
type Options struct {
	// Host is s3_store_host.
	Host string `conf:"host" doc:"address of the server, https://s3.example.org; Amazon's of the region when empty"`
	// Region is s3_store_region_name.
	Region string `conf:"region" doc:"region of the bucket; us-east-1 when empty"`
	// AccessKey and SecretKey are s3_store_access_key and s3_store_secret_key.
	AccessKey string        `conf:"access_key" doc:"name of the key that requests are signed with"`
	SecretKey config.Secret `conf:"secret_key" doc:"the key itself"`
	// Bucket is s3_store_bucket; CreateBucket s3_store_create_bucket_on_put.
	Bucket       string `conf:"bucket" doc:"the bucket that the images are kept in"`
	CreateBucket bool   `conf:"create_bucket" doc:"make the bucket when it is not there"`
	// Prefix parts clouds that share a bucket.
	Prefix string `conf:"prefix" doc:"what the names of this cloud's objects begin with, such as paris/; no two clouds may have the same in one bucket"`
	// VirtualHost is s3_store_bucket_url_format, which is path style unless said otherwise here.
	VirtualHost bool `conf:"virtual_host" doc:"say the bucket as part of the host's name rather than of the path"`
	// PartSize is s3_store_large_object_chunk_size.
	PartSize config.Size `conf:"part_size" doc:"size of the parts of a large image, which are held in memory one at a time, 5MiB at least; 10MiB when 0"`
	// CACert is s3_store_cacert.
	CACert string `conf:"cacert" doc:"file of the authorities that the server is known by; the machine's when empty"`
}

// leastPart is what S3 takes as a part that is not the last.
const leastPart = 5 << 20

// Check refuses options that no store could be made of.
func (o *Options) Check() error {
	switch {
	case o.Bucket == "":
		return errors.New("s3.bucket: it needs a name")
	case o.AccessKey == "" || o.SecretKey == "":
		return errors.New("s3.access_key, s3.secret_key: requests are signed with both")
	case o.PartSize != 0 && o.PartSize < leastPart:
		return fmt.Errorf("s3.part_size: %s is less than 5MiB", o.PartSize)
	}
	if u, err := url.Parse(o.Host); o.Host != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		return fmt.Errorf("s3.host: %q is no address such as https://s3.example.org", o.Host)
	}
	return nil
}

// Place tells stores apart by where their objects lie.
func (o *Options) Place() string { return o.Host + " " + o.Bucket + " " + o.Prefix }

// Open makes the store. It does not ask the server, which may be away while the cloud starts.
func Open(name string, o Options) (*Store, error) {
	transport, err := store.Trust(o.CACert)
	if err != nil {
		return nil, fmt.Errorf("s3.cacert: %w", err)
	}
	region := cmp.Or(o.Region, "us-east-1")
	settings := sdk.Options{
		Region: region, UsePathStyle: !o.VirtualHost, HTTPClient: &http.Client{Transport: transport},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: o.AccessKey, SecretAccessKey: o.SecretKey.Reveal()}, nil
		}),
		// Servers other than Amazon's do not know the trailing checksums that are the library's default.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	}
	if o.Host != "" {
		settings.BaseEndpoint = aws.String(o.Host)
	}
	return &Store{
		StoreName: name, Bucket: o.Bucket, Prefix: o.Prefix, CreateBucket: o.CreateBucket, Region: region,
		Host:     cmp.Or(o.Host, "https://s3."+region+".amazonaws.com"),
		PartSize: cmp.Or(int64(o.PartSize), 10<<20), Client: sdk.New(settings),
	}, nil
}
